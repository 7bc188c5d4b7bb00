"""What can be wrong with a number, an address or a name: a code, for which `texts/` has the sentences."""

from __future__ import annotations


class ContactProblem(ValueError):
    """Carries a code and never the value itself, so that it may be logged."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PhoneProblem(ContactProblem):
    """`phone-empty`, `-characters`, `-short`, `-long`, `-unknown`, `-foreign`, `-landline` or `-service`."""


class AddressProblem(ContactProblem):
    """`email-empty`, `-control`, `-several`, `-at`, `-long`, `-local` or `-domain`."""


class NameProblem(ContactProblem):
    """`name-empty`, `-control` or `-long`."""

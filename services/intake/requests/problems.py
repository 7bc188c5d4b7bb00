"""What is wrong with an advice request, in the form that the API gives it."""

from __future__ import annotations

from collections.abc import Sequence

from services.intake.requests.rules import Finding
from shared.errors import FieldError


def field_errors(findings: Sequence[Finding]) -> list[FieldError]:
    return [
        FieldError("/" + "/".join(finding.path), ".".join(finding.path), finding.code) for finding in findings
    ]

"""The form on the site: its fields, the body of the API that they make, and what is wrong with each."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import ValidationError

from services.intake.requests import rules
from services.intake.requests.reaching import Finding, reaches_nobody
from services.intake.requests.schemas import AdviceRequestIn
from shared.vocabulary import ContactChannel, Weekday
from shared.web.forms import At, FilledForm, Mistake, Text, Tick

# What completes a row of safe times that was only partly filled in.
ANY_TIME = {"days": list(Weekday), "from": "00:00", "to": "23:59"}
YES = "yes"
NEEDS_PHONE = ("", ContactChannel.SMS, ContactChannel.PHONE)
NEEDS_EMAIL = ("", ContactChannel.EMAIL)


class RequestForm(FilledForm):
    """The fields of the form: `form` is its token, `switch` the language that it was in before."""

    form: Text = ""
    switch: Text = ""
    danger: Annotated[Tick, At("danger")] = False
    audience: Annotated[Text, At("audience")] = ""
    help_for: Annotated[list[Text], At("helpFor")] = []
    needs: Annotated[list[Text], At("needs")] = []
    question: Annotated[Text, At("question")] = ""
    child_age_bands: Annotated[list[Text], At("childAgeBands")] = []
    stage: Annotated[Text, At("stage")] = ""
    country: Annotated[Text, At("country")] = ""
    postcode: Annotated[Text, At("postcode")] = ""
    facility: Annotated[Text, At("facility")] = ""
    language: Annotated[Text, At("language")] = ""
    remote: Annotated[Text, At("remote")] = ""
    urgency: Annotated[Text, At("urgency")] = ""
    channel: Annotated[Text, At("contact", "channel")] = ""
    name: Annotated[Text, At("contact", "name")] = ""
    phone: Annotated[Text, At("contact", "phone")] = ""
    minors_own_phone: Annotated[Text, At("contact", "minorsOwnPhone")] = ""
    voicemail: Annotated[Tick, At("contact", "voicemail")] = False
    email: Annotated[Text, At("contact", "email")] = ""
    address: Annotated[Text, At("contact", "address")] = ""
    worker_organisation: Annotated[Text, At("contact", "worker", "organisation")] = ""
    worker_name: Annotated[Text, At("contact", "worker", "name")] = ""
    worker_email: Annotated[Text, At("contact", "worker", "email")] = ""
    worker_phone: Annotated[Text, At("contact", "worker", "phone")] = ""
    safe_days: Annotated[list[Text], At("contact", "safeTimes", "days")] = []
    safe_from: Annotated[Text, At("contact", "safeTimes", "from")] = ""
    safe_to: Annotated[Text, At("contact", "safeTimes", "to")] = ""
    share: Annotated[Text, At("consent", "share")] = ""
    store: Annotated[Tick, At("consent", "store")] = False

    def body(self) -> dict[str, Any]:
        """Return the body without the number or address of a channel that was not chosen.

        What is left out is neither kept nor checked.
        """
        body = {"consent": {}, "contact": {}} | super().body()
        contact = body["contact"]
        if self.channel not in NEEDS_PHONE:
            contact.pop("phone", None)
        if self.channel not in NEEDS_EMAIL:
            contact.pop("email", None)
        if self.channel != ContactChannel.LETTER:
            contact.pop("address", None)
        if self.channel != ContactChannel.WORKER:
            contact.pop("worker", None)
        elif "worker" in contact:
            contact["worker"] = {"organisation": "", "name": ""} | contact["worker"]
        if "minorsOwnPhone" in contact:
            contact["minorsOwnPhone"] = self.minors_own_phone == YES
        if "safeTimes" in contact:
            contact["safeTimes"] = [ANY_TIME | contact["safeTimes"]]
        return body

    def switched(self, language: str) -> Self:
        """Return the form in another language, and ask for help in it too unless a third was chosen."""
        return self.model_copy(update={"language": language}) if self.language == self.switch else self


FIELDS = RequestForm.places()


def read(form: RequestForm, language: str) -> tuple[rules.Examined | None, list[Mistake]]:
    """Return the advice request, or None with one mistake for each wrong field in page order."""
    raw, mistakes = form.body(), []
    try:
        examined = rules.examine(AdviceRequestIn.model_validate(raw))
        findings = list(examined.findings)
    except ValidationError as problem:
        errors, examined = problem.errors(), None
        mistakes = [
            form.mistake(error["loc"], error["type"], language, error.get("ctx", {})) for error in errors
        ]
        findings = rules.beyond_shape(raw, {tuple(map(str, error["loc"])) for error in errors})
    if reaches_nobody(form.audience, form.channel):
        # A person is told before they send; a program's question is kept, and somebody at the desk sees it.
        findings.append(Finding(("contact", "channel"), "no-call-inside"))
    mistakes += [form.mistake(finding.path, finding.code, language) for finding in findings]
    return (None if mistakes else examined), form.in_order(mistakes)

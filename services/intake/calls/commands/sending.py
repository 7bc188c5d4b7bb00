"""Sending the name and number of a service to a caller, who said yes to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.intake.calls import queries
from services.intake.calls.commands.records import locked
from services.intake.calls.form import CallForm, unread_times
from services.intake.calls.numbers import index_of
from services.intake.calls.tables import Call, Sending
from services.intake.staff.rules import Signed
from shared.audit import record
from shared.contact.addresses import normalise_email
from shared.contact.phones import normalise_phone
from shared.contact.problems import ContactProblem
from shared.events.intake import CallTextWanted
from shared.messaging import announce
from shared.vocabulary import Audience
from shared.web.forms import Mistake
from shared.web.sentences import sentence


class CannotSend(Exception):
    """Something is missing before a service can be sent: the field, and the code of what is wrong."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(code)
        self.field, self.code = field, code

    def mistake(self, language: str) -> Mistake:
        return Mistake(self.field, sentence(self.code, language))


def send(
    session: Session, call_id: UUID, filled: CallForm, service_id: str, signed: Signed, *, at: datetime
) -> None:
    """Have a named service sent to the caller, once for each service and address. Raises CannotSend."""
    call = locked(session, call_id)
    service = next((one for one in call.services if one["id"] == service_id), None)
    if service is None:
        raise CannotSend("q", "call-service-missing")
    if not filled.send_yes:
        raise CannotSend("send_yes", "call-send-yes")
    for field, code in unread_times(filled).items():
        raise CannotSend(field, code)
    phone, email = _to(call, filled, service)
    to_index = index_of(phone or email or "")
    if any(
        one.to_index == to_index and one.service == service["name"]
        for one in queries.sendings(session, call.id)
    ):
        return
    made = Sending(
        call_id=call.id,
        at=at,
        staff_id=signed.id,
        channel=filled.send_channel,
        phone=phone,
        email=email,
        to_index=to_index,
        service=service["name"],
        service_phone=service.get("phone", ""),
        country=filled.home(),
        language=filled.language or "nl",
        safe_times=filled.safe_times,
        minor=filled.audience == Audience.CHILD,
    )
    session.add(made)
    session.flush()
    announce(session, CallTextWanted(text_id=made.id), at=at)
    record(session, f"staff:{signed.id}", "call.send", f"call:{call.id}", at=at)
    session.commit()


def _to(call: Call, filled: CallForm, service: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the number or the address to send it to: as it was typed, else the number of the call."""
    try:
        if filled.send_channel == "email":
            return None, normalise_email(filled.send_to)
        if filled.send_channel == "sms":
            if not service.get("phone"):  # a name alone may tell too much on a telephone on a table
                raise CannotSend("send_channel", "call-send-no-number")
            written = filled.send_to or call.number or ""
            return normalise_phone(written, filled.home(), mobile_needed=True), None
    except ContactProblem as problem:
        raise CannotSend("send_to", problem.code) from None
    raise CannotSend("send_channel", "call-send-channel")

"""Numbers and addresses whose owners want to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime

from local.account import LocalProblem
from services.installation import session
from services.notify.channels.port import ChannelName
from services.notify.contacts.commands import suppress, unsuppress
from shared import audit
from shared.contact.addresses import normalise_email
from shared.contact.phones import normalise_phone
from shared.contact.problems import ContactProblem


def leave_alone(address: str) -> bool:
    """Suppress this number or address; returns False if it was suppressed already. Raises LocalProblem."""
    channel, normal = _address(address)
    with session("notify") as notify:
        new = suppress(notify, channel, normal, reason="desk", at=datetime.now(UTC))
        audit.record(notify, "operator", "contact.stop", "contact", at=datetime.now(UTC), why=str(channel))
        notify.commit()
    return new


def write_again(address: str) -> bool:
    """End its suppression; returns False if there was none. Raises LocalProblem."""
    channel, normal = _address(address)
    with session("notify") as notify:
        known = unsuppress(notify, channel, normal)
        audit.record(notify, "operator", "contact.resume", "contact", at=datetime.now(UTC), why=str(channel))
        notify.commit()
    return known


def _address(written: str) -> tuple[str, str]:
    try:
        if "@" in written:
            return ChannelName.EMAIL, normalise_email(written)
        return ChannelName.SMS, normalise_phone(written, "NL", mobile_needed=True)
    except ContactProblem as problem:
        raise LocalProblem(
            "this is neither a mobile number of the Netherlands or Belgium (write it with +31 or +32)"
            f" nor an e-mail address: {problem.code}"
        ) from problem

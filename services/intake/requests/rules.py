"""Decisions about an advice request: whether it is complete, who is to be helped, and whether it is held.

They use no session and no clock.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.intake.guidance.rules import names_danger
from services.intake.requests.reaching import Finding as Finding
from services.intake.requests.reaching import Reach as Reach
from services.intake.requests.reaching import reach, reaches_nobody
from services.intake.requests.references import new_reference
from services.intake.requests.schemas import AdviceRequestIn, Requester
from services.intake.requests.tables import AdviceRequest, ClosedAs, Doubt, State, WaitsFor
from shared.crypto import derive_index, hash_secret
from shared.errors import RuleBroken
from shared.finding import marks_of
from shared.geography import Place, facility, find
from shared.languages import is_language
from shared.vocabulary import Audience, ContactChannel, HelpFor, Share, is_need

# Without `helpFor` and without a child in the request, an asker of one of these audiences is the one to help.
ASKERS = {
    Audience.CHILD: HelpFor.CHILD,
    Audience.CARER: HelpFor.CARER,
    Audience.PARENT_IN_DETENTION: HelpFor.PARENT_IN_DETENTION,
}
# A valid value for every required member of an advice request.
STAND_IN: Mapping[str, Any] = {
    "audience": "carer",
    "needs": ["bezoek"],
    "country": "NL",
    "postcode": "1012",
    "language": "nl",
    "consent": {"share": "no", "store": True},
    "contact": {"channel": "none"},
}
# The ways of contact whose owner can answer us.
PROVABLE = frozenset({ContactChannel.SMS, ContactChannel.EMAIL})
# Who has not answered by then is read by a person; a link in a mail works for as long as a text would count.
DOUBTED_AFTER, PROOF_KEEPS = timedelta(days=2), timedelta(days=30)
# News of a referral does not change these states.
FINAL = frozenset({State.WITHDRAWN, State.CLOSED})


class AlreadyOver(RuleBroken):
    """The advice request is withdrawn or closed already, so this can no longer be done."""


class NeverCalled(RuleBroken):
    """This asker asked not to be contacted, so nothing was settled with them by telephone."""


class NotAsked(RuleBroken):
    """Nobody asked this asker whether the advice request may be shared: they said no."""


@dataclass(frozen=True)
class Examined:
    """A body with its contact in normal form, its place, and everything wrong with it beyond its shape."""

    body: AdviceRequestIn
    reach: Reach
    place: Place | None
    findings: list[Finding]


def examine(body: AdviceRequestIn) -> Examined:
    unknown = [index for index, code in enumerate(body.needs) if not is_need(code)]
    findings = [Finding(("needs", str(index)), "need-unknown") for index in unknown]
    place = find(body.country, body.postcode)
    if place is None:
        findings.append(Finding(("postcode",), "postcode-unknown"))
    if not is_language(body.language):
        findings.append(Finding(("language",), "language-unknown"))
    if body.facility is not None and facility(body.facility) is None:
        findings.append(Finding(("facility",), "facility-unknown"))
    if reaches_nobody(body.audience, body.contact.channel):
        findings.append(Finding(("contact", "channel"), "no-call-inside"))
    reached, unreachable = reach(body.contact, body.country, body.facility)
    return Examined(body, reached, place, findings + unreachable)


def beyond_shape(raw: object, wrong: Collection[tuple[str, ...]]) -> list[Finding]:
    """Return what else is wrong with a body of which the members in `wrong` could not be read.

    The sender can then correct everything at once. A valid value stands in for each member that could not be
    read. Where the country is one of them, the postcode and the telephone number are not judged.
    """
    if not isinstance(raw, dict):
        return []
    contact, spoilt = raw.get("contact"), {path[:length] for path in wrong for length in (1, 2)}
    given = {name: value for name, value in raw.items() if (name,) not in spoilt}
    if isinstance(contact, dict):
        given["contact"] = STAND_IN["contact"] | {
            name: value for name, value in contact.items() if ("contact", name) not in spoilt
        }
    try:
        findings = examine(AdviceRequestIn.model_validate({**STAND_IN, **given})).findings
    except ValidationError:
        return []
    unsure = {*wrong, ("postcode",), ("contact", "phone")} if ("country",) in wrong else {*wrong}
    return [finding for finding in findings if unsure.isdisjoint(_around(finding.path))]


def _around(path: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return a place in the body, and every place that it is in."""
    return [path[:length] for length in range(len(path) + 1)]


def help_for(body: AdviceRequestIn) -> list[HelpFor]:
    """Return who is to be helped: as stated, else the asker where no child is named, else the child."""
    if body.help_for:
        return list(dict.fromkeys(body.help_for))
    asker = ASKERS.get(body.audience)
    return [asker] if asker and not body.child_age_bands else [HelpFor.CHILD]


@dataclass(frozen=True)
class Standing:
    """What an advice request waits for, and why; one that waits for nothing may be referred."""

    waits_for: WaitsFor | None = None
    doubt: Doubt | None = None
    doubted_at: datetime | None = None


FREE = Standing()


def standing(body: AdviceRequestIn, doubt: Doubt | None, *, at: datetime) -> Standing:
    """Return what a form from the public site waits for: anybody may have sent it, in anybody's name.

    One about danger is on hold for a person already, whatever stands out about it: that person decides.
    """
    provable = body.contact.channel in PROVABLE
    if is_held(body):
        return Standing(WaitsFor.PERSON)
    if doubt is not None or not provable:
        return Standing(WaitsFor.PERSON, doubt or Doubt.NOTHING_TO_PROVE)
    return Standing(WaitsFor.PROOF, doubted_at=at + DOUBTED_AFTER)


def above_ceiling(body: AdviceRequestIn) -> Standing:
    """Return what an advice request waits for that a key sent above its ceilings: nobody vouches for it."""
    return FREE if is_held(body) else Standing(WaitsFor.PERSON, Doubt.MANY_BY_ONE_KEY)


def is_held(body: AdviceRequestIn) -> bool:
    """Whether a person looks at the safety of everybody in it before anything else is done."""
    return names_danger(body.needs, body.danger)


def kept(
    examined: Examined,
    *,
    id: UUID,
    code: str,
    client: str,
    idempotency_key: str | None,
    at: datetime,
    waits: Standing = FREE,
) -> dict[str, Any]:
    """Return the row of a complete advice request (one without `findings`), with its return code hashed."""
    body, contact, place = examined.body, examined.reach, examined.place
    assert place is not None
    hold = is_held(body)
    return {
        "id": id,
        "reference": new_reference(),
        "return_code_hash": hash_secret(code),
        "client": client,
        "idempotency_key": idempotency_key,
        "fingerprint": fingerprint(body),
        "state": _first_state(hold, waits),
        "state_time": at,
        "hold": hold,
        "waits_for": waits.waits_for,
        "doubt": waits.doubt,
        "doubted_at": waits.doubted_at,
        "audience": body.audience,
        "help_for": [one.value for one in help_for(body)],
        "needs": body.needs,
        "stage": body.stage,
        "child_age_bands": [one.value for one in body.child_age_bands],
        "country": body.country,
        "postcode": place.postcode,
        "language": body.language,
        "facility": body.facility,
        "urgency": body.urgency,
        "remote": body.remote,
        "danger": body.danger,
        "share": body.consent.share,
        "channel": body.contact.channel,
        "name": contact.name,
        "phone": contact.phone,
        "email": contact.email,
        "address": contact.address,
        "worker": contact.worker.model_dump_json() if contact.worker else None,
        "marks": marks_of(contact.name, contact.phone, contact.email),
        "question": body.question or None,
        "requester": _requester(body.requester),
        "safe_times": [one.model_dump(mode="json", by_alias=True) for one in body.contact.safe_times],
        "voicemail": body.contact.voicemail,
        "discreet": body.contact.discreet,
        "minors_own_phone": body.contact.minors_own_phone,
        "received_at": at,
    }


def _first_state(hold: bool, waits: Standing) -> State:
    if hold:
        return State.HELD
    return State.WAITING if waits.waits_for is WaitsFor.PERSON else State.RECEIVED


def _requester(requester: Requester | None) -> str | None:
    named = requester and (requester.name or requester.role or requester.organisation)
    return requester.model_dump_json() if requester and named else None


def fingerprint(body: AdviceRequestIn) -> bytes:
    """Return a keyed hash, so that a reader of the table cannot try names and numbers against it."""
    return hmac.digest(
        derive_index("idempotency"), body.model_dump_json(by_alias=True).encode(), hashlib.sha256
    )


def withdraw(request: AdviceRequest, *, at: datetime) -> bool:
    """Withdraw an advice request and return whether that changed anything. Raises AlreadyOver if closed."""
    if request.state is State.CLOSED:
        raise AlreadyOver("This advice request is closed already.")
    if request.state is State.WITHDRAWN:
        return False
    request.state, request.state_time, request.withdrawn_at = State.WITHDRAWN, at, at
    return True


def lift_hold(request: AdviceRequest, *, at: datetime) -> bool:
    """Allow the advice request to be referred, after a person has looked at the safety of everybody in it.

    Returns whether that changed anything. Raises AlreadyOver.
    """
    if request.state in FINAL:
        raise AlreadyOver(f"This advice request is {request.state} already.")
    if not request.hold:
        return False
    request.hold = False
    _free(request, at)
    return True


def give_consent(request: AdviceRequest, *, of_themselves: bool = False) -> bool:
    """Note that the asker, who wanted to be asked first, says that a partner may be told.

    Returns whether that changed anything. Raises AlreadyOver, and NotAsked for an asker who said no, unless
    they wrote otherwise since, `of_themselves`.
    """
    if request.state in FINAL:
        raise AlreadyOver(f"This advice request is {request.state} already.")
    if request.share is Share.NO and not of_themselves:
        raise NotAsked("The asker said no to sharing this advice request.")
    new = request.share is not Share.YES
    request.share = Share.YES
    return new


def prove(request: AdviceRequest, *, at: datetime) -> bool:
    """Note that its asker answered from the contact point, and return whether that sets it free.

    One that waits for a person for another reason goes on waiting.
    """
    if request.state in FINAL or request.waits_for is None or request.proven_at is not None:
        return False
    request.proven_at = at
    if request.waits_for is WaitsFor.PERSON:
        return False
    _free(request, at)
    return True


def confirm(request: AdviceRequest, *, at: datetime) -> bool:
    """Set the advice request free, as a person decided; return whether that is new. Raises AlreadyOver."""
    if request.state in FINAL:
        raise AlreadyOver(f"This advice request is {request.state} already.")
    if request.waits_for is None:
        return False
    _free(request, at)
    return True


def doubt(request: AdviceRequest, why: Doubt, *, at: datetime) -> bool:
    """Leave to a person what nobody has proven; return whether it still waits for that.

    Its asker can still answer, unless it is one of many for one number or address. One on hold is on the list
    of a person already.
    """
    request.doubted_at = request.leased_until = None
    if request.waits_for is not WaitsFor.PROOF or request.state in FINAL or request.hold:
        return False
    request.doubt = why
    if why is Doubt.MANY_FOR_ONE_CONTACT:
        request.waits_for = WaitsFor.PERSON
    request.state, request.state_time = State.WAITING, at
    return True


def close(request: AdviceRequest, why: ClosedAs | None, *, at: datetime) -> bool:
    """Close an advice request that a person has dealt with; return whether that changed anything."""
    if request.state in FINAL:
        return False
    request.state, request.state_time, request.closed_as = State.CLOSED, at, why
    return True


def check_may_call(request: AdviceRequest) -> None:
    """Raise NeverCalled where nobody may get in touch with the asker: they are answered in writing."""
    if request.channel is ContactChannel.NONE:
        raise NeverCalled("This asker asked not to be contacted. Answer in writing.")


def link_works(request: AdviceRequest, *, at: datetime) -> bool:
    """Whether the link that was mailed to its asker still leads somewhere."""
    return at < request.received_at + PROOF_KEEPS


def _free(request: AdviceRequest, at: datetime) -> None:
    """Let it wait for nothing any more; one that is on hold stays there."""
    request.waits_for = request.doubt = request.doubted_at = None
    waited = request.state in (State.HELD, State.WAITING) and request.referral_id is None
    if waited and not request.hold:
        request.state, request.state_time = State.RECEIVED, at


def hear(request: AdviceRequest, state: State, referral_id: UUID, *, at: datetime) -> bool:
    """Follow news of the referral and return whether it changed anything.

    News may come in any order: a final state stays, and older news does not undo newer. News is compared only
    with news, because our own clock may be ahead of the sender's.
    """
    known_since = request.state_time.replace(microsecond=request.state_time.microsecond // 1000 * 1000)
    if request.state in FINAL or (request.referral_id is not None and at < known_since):
        return False
    request.state, request.state_time, request.referral_id = state, at, referral_id
    return True

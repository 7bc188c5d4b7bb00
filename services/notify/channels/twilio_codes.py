"""What Twilio's statuses and error codes mean for a message (twilio.com/docs/api/errors).

Twilio adds codes over time. An unknown one counts as neither our fault nor the address's, and always reaches
a person.
"""

from __future__ import annotations

from services.notify.channels.port import Fault, ProviderStatus

FAULTS: dict[str, Fault] = {
    "21211": Fault.ADDRESS,  # not a number
    "21214": Fault.ADDRESS,  # not reachable
    "21217": Fault.ADDRESS,  # malformed
    "21265": Fault.ADDRESS,  # a short code
    "21614": Fault.ADDRESS,  # not a mobile number
    "21635": Fault.ADDRESS,  # a landline
    "30005": Fault.ADDRESS,  # not in use
    "30006": Fault.ADDRESS,  # landline, or a network that cannot be reached
    "21610": Fault.OPTED_OUT,  # said STOP to the sender
    "21408": Fault.OURS,  # country not switched on
    "21602": Fault.OURS,  # no text
    "21603": Fault.OURS,  # no sender
    "21604": Fault.OURS,  # no recipient
    "21606": Fault.OURS,  # sender cannot text
    "21608": Fault.OURS,  # trial account
    "21609": Fault.OURS,  # status callback is no address
    "21612": Fault.OURS,  # this sender cannot reach this number
    "21617": Fault.OURS,  # text too long
    "21659": Fault.OURS,  # sender is not the account's
    "21660": Fault.OURS,  # sender belongs to another account
    "30002": Fault.OURS,  # account suspended
    "30001": Fault.NEVER_LEFT,  # the queue of the sender is full: dropped before it reached a carrier
    "30007": Fault.OURS,  # filtered by the carrier
    "30034": Fault.OURS,  # sender not registered
}


# The answer to a call whose sender has a full queue. Twilio makes no message, so it is like a 429.
QUEUE_IS_FULL = "21611"

# Twilio's statuses of outgoing texts only.
STATUSES: dict[str, ProviderStatus] = {
    "accepted": ProviderStatus.ACCEPTED,
    "scheduled": ProviderStatus.SCHEDULED,
    "queued": ProviderStatus.QUEUED,
    "sending": ProviderStatus.SENDING,
    "sent": ProviderStatus.SENT,
    "delivered": ProviderStatus.DELIVERED,
    "read": ProviderStatus.READ,
    "partially_delivered": ProviderStatus.PARTIALLY_DELIVERED,
    "undelivered": ProviderStatus.UNDELIVERED,
    "failed": ProviderStatus.FAILED,
    "canceled": ProviderStatus.CANCELED,
}


def fault(code: str) -> Fault:
    return FAULTS.get(code, Fault.OTHER)

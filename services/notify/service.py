"""Notify: visit days and their reminders, messages and replies, and the channels on which they go."""

from services.notify.base import Base
from services.notify.channels.room import ROOM as CHANNELS
from services.notify.channels.settings import ChannelSettings
from services.notify.erasing.room import ROOM as ERASING
from services.notify.families.room import ROOM as FAMILIES
from services.notify.mailbox.room import ROOM as MAILBOX
from services.notify.messages.people import Askers, Callers, Numbers, Partners, Staff
from services.notify.messages.recipients import ByKind
from services.notify.messages.room import room as messages
from services.notify.messages.tables import RecipientKind
from services.notify.people.room import ROOM as PEOPLE
from services.notify.planner.recipients import LinkedMembers
from services.notify.planner.room import ROOM as PLANNER
from services.notify.replies.room import room as replies
from services.notify.visits.recipients import Families
from services.notify.visits.room import ROOM as VISITS
from services.notify.wording.room import ROOM as WORDING
from shared.service import Service

# For each kind of recipient, the room that can say who it is.
RECIPIENTS: ByKind = {
    RecipientKind.ASKER: Askers(),
    RecipientKind.PARTNER: Partners(),
    RecipientKind.REGISTRATION: Families(),
    RecipientKind.NUMBER: Numbers(),
    RecipientKind.CALLER: Callers(),
    RecipientKind.STAFF: Staff(),
    RecipientKind.MEMBER: LinkedMembers(),
}
SERVICE = Service(
    "notify",
    ChannelSettings,
    Base,
    rooms=[
        VISITS,
        messages(RECIPIENTS),
        replies(RECIPIENTS),
        PLANNER,
        FAMILIES,
        MAILBOX,
        CHANNELS,
        WORDING,
        ERASING,
        PEOPLE,
    ],
)

"""Notify: visit days and their reminders, messages and replies, and the channels on which they go."""

from services.notify.base import Base
from services.notify.channels.room import ROOM as CHANNELS
from services.notify.channels.settings import ChannelSettings
from services.notify.messages.room import ROOM as MESSAGES
from services.notify.replies.room import ROOM as REPLIES
from services.notify.visits.room import ROOM as VISITS
from shared.service import Service

SERVICE = Service("notify", ChannelSettings, Base, rooms=[VISITS, MESSAGES, REPLIES, CHANNELS])

"""The providers that there are. A channel uses the first of its own that the settings put to use."""

from __future__ import annotations

from services.notify.channels.provider import Provider
from services.notify.channels.smtp_provider import SMTP
from services.notify.channels.twilio_provider import TWILIO

PROVIDERS: tuple[Provider, ...] = (TWILIO, SMTP)
SETTINGS = tuple(name for one in PROVIDERS for name in one.settings)
# What the names of all our settings begin with.
OURS = ("WEERZIEN_", *SETTINGS)
PATHS = tuple(one.path for one in PROVIDERS if one.path is not None)

"""The providers we know. A channel uses the first of its own that the settings switch on."""

from __future__ import annotations

from services.notify.channels.provider import Provider
from services.notify.channels.smtp_provider import SMTP
from services.notify.channels.twilio_provider import TWILIO

PROVIDERS: tuple[Provider, ...] = (TWILIO, SMTP)
SETTINGS = tuple(name for provider in PROVIDERS for name in provider.settings)
# Every setting of ours has a name that begins with one of these.
OURS = ("WEERZIEN_", *SETTINGS)
OPTED_OUT = frozenset(code for provider in PROVIDERS for code in provider.opted_out)
PATHS = tuple(provider.path for provider in PROVIDERS if provider.path is not None)

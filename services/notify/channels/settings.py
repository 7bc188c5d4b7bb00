"""Settings of the channels: each channel has a real provider or the postbus, never neither."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from services.notify.channels.imap_mailbox import Account
from services.notify.channels.prices import Prices
from shared.contact.addresses import normalise_email
from shared.contact.problems import ContactProblem
from shared.events.services import SERVICES
from shared.runtime import Runtime
from shared.settings import CommonSettings
from shared.web.proxies import leads_here

# A full domain name, or an address between brackets (RFC 5321, 4.1.3).
MACHINE = re.compile(
    r"(?=.{1,253}\Z)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+|\[[0-9a-fA-F:.]+\]|\[IPv6:[0-9a-fA-F:.]+\]"
)
SMTP_SCHEMES = ("smtp", "smtps", "smtp+starttls")


class ChannelSettings(CommonSettings):
    """Notify's settings. Twilio's have Twilio's own names; the sender is a number or a messaging service.

    Raises ValidationError, with everything that is missing or wrong, if a channel would go nowhere.
    """

    twilio_account_sid: str | None = Field(default=None, validation_alias="TWILIO_ACCOUNT_SID")
    twilio_auth_token: SecretStr | None = Field(default=None, validation_alias="TWILIO_AUTH_TOKEN")
    twilio_from: str | None = Field(default=None, validation_alias="TWILIO_FROM")
    twilio_messaging_service_sid: str | None = Field(
        default=None, validation_alias="TWILIO_MESSAGING_SERVICE_SID"
    )
    twilio_api_base_url: str = Field(default="https://api.twilio.com", validation_alias="TWILIO_API_BASE_URL")
    smtp_url: SecretStr | None = None
    mail_from: str = ""
    postbus: bool = False
    sms_per_day: int = Field(default=5000, ge=1)
    sms_per_number_per_day: int = Field(default=6, ge=1)
    # How many days notify keeps what it has of people; `docs/privacy.md` says why. A family is no longer
    # named so long after its visit; that its number was confirmed is known for longer.
    keep_registrations_days: int = Field(default=90, ge=1)
    keep_trusted_numbers_days: int = Field(default=400, ge=1)
    keep_cancel_reasons_days: int = Field(default=90, ge=1)
    keep_inbound_texts_days: int = Field(default=90, ge=1)
    keep_messages_days: int = Field(default=180, ge=1)
    keep_postbus_days: int = Field(default=7, ge=1)
    keep_planners_days: int = Field(default=365, ge=1)
    keep_figures_days: int = Field(default=1825, ge=1)
    sms_cost_per_day: Decimal | None = Field(default=None, gt=0, le=1_000_000)
    sms_prices: str = ""
    smtp_helo: str = ""
    imap_url: SecretStr | None = None

    @property
    def sms_has_provider(self) -> bool:
        return self.twilio_account_sid is not None

    @property
    def email_has_provider(self) -> bool:
        return self.smtp_url is not None

    @property
    def postbus_is_on(self) -> bool:
        """Whether it stands in for what has no provider: where it is named, or nothing is real yet."""
        return self.postbus or (self.embedded and not self.writes_to_people)

    @property
    def writes_to_people(self) -> bool:
        """Whether a channel has a provider that is not a stand-in on this machine."""
        texts = self.sms_has_provider and not leads_here(self.twilio_api_base_url)
        return texts or (self.smtp_url is not None and not leads_here(self.smtp_url.get_secret_value()))

    @property
    def is_on_its_own(self) -> bool:
        """Whether this is one machine that nobody reaches and that reaches nobody, for trying things out."""
        addresses = (self.public_url(service) for service in SERVICES)
        return self.embedded and not self.writes_to_people and all(map(leads_here, addresses))

    @property
    def sender(self) -> str:
        """The address that mail comes from; by default one at the public host name of notify."""
        return self.mail_from or f"weerzien@{_domain(self.public_url_notify)}"

    @property
    def mailbox(self) -> Account | None:
        """Return the mailbox in which people answer our mail, or None where no program reads it."""
        return Account.parse(self.imap_url.get_secret_value()) if self.imap_url else None

    @property
    def prices(self) -> Prices:
        return Prices.parse(self.sms_prices)

    @field_validator("sms_cost_per_day", mode="before")
    @classmethod
    def _off_when_empty(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("sms_prices")
    @classmethod
    def _prices_that_can_be_read(cls, value: str) -> str:
        Prices.parse(value)
        return value

    @field_validator("smtp_helo")
    @classmethod
    def _a_name_of_a_machine(cls, value: str) -> str:
        if value and not MACHINE.fullmatch(value):
            raise ValueError("must be the full name of this machine, such as mail.example.org")
        return value

    @field_validator("mail_from")
    @classmethod
    def _one_plain_address(cls, value: str) -> str:
        try:
            return normalise_email(value) if value else ""
        except ContactProblem:
            raise ValueError("must be one plain address such as help@example.org, without a name") from None

    @model_validator(mode="after")
    def _every_channel_goes_somewhere(self) -> Self:
        """Name everything that is missing or wrong at once, so that it can be put right at once.

        Where one channel writes to people, the other may stay in the postbus only if that is named.
        """
        if troubles := [*self._of_twilio(), *self._of_mail()]:
            raise ValueError("\n".join(troubles))
        return self

    def _of_twilio(self) -> Iterator[str]:
        if not self.sms_has_provider:
            if not self.postbus_is_on:
                yield "TWILIO_ACCOUNT_SID is missing: texts go nowhere (WEERZIEN_POSTBUS=true keeps them)"
            return
        if self.twilio_auth_token is None:
            yield "TWILIO_AUTH_TOKEN is missing: TWILIO_ACCOUNT_SID is set"
        if not (self.twilio_from or self.twilio_messaging_service_sid):
            yield "TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID is missing: texts need a sender"

    def _of_mail(self) -> Iterator[str]:
        url = urlsplit(self.smtp_url.get_secret_value()) if self.smtp_url else None
        if url and (url.scheme not in SMTP_SCHEMES or not url.hostname):
            yield "WEERZIEN_SMTP_URL must look like smtp+starttls://name:password@host:587"
        if url is None and not self.postbus_is_on:
            yield "WEERZIEN_SMTP_URL is missing: mail goes nowhere (WEERZIEN_POSTBUS=true keeps it)"
        try:
            self.mailbox  # noqa: B018
        except ValueError:
            yield "WEERZIEN_IMAP_URL must look like imaps://name:password@host/INBOX"


NotifyRuntime = Runtime[ChannelSettings]


def _domain(url: str) -> str:
    host = urlsplit(url).hostname or "localhost"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    return "localhost"

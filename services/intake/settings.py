from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from shared.contact.phones import normalise_phone
from shared.contact.problems import PhoneProblem
from shared.countries import DEFAULT
from shared.events.services import SERVICES
from shared.settings import CommonSettings
from shared.web.proxies import leads_here


class IntakeSettings(CommonSettings):
    """How many days intake keeps what it has of people; `docs/privacy.md` says why.

    An advice request is stripped to codes so long after it ended, or after the last news of one that never
    did. The codes, and the answers to those who asked for an erasure, have a period of their own. So have
    calls, the codes that are left of them, call-backs that ended, what the desk keeps of callers, and what it
    sent to them. So have what readers say of pages of guidance, and what they sought there in vain.
    """

    keep_requests_days: int = Field(default=365, ge=1)
    keep_open_requests_days: int = Field(default=730, ge=1)
    keep_figures_days: int = Field(default=1825, ge=1)
    keep_calls_days: int = Field(default=365, ge=1)
    keep_call_figures_days: int = Field(default=1825, ge=1)
    keep_call_backs_days: int = Field(default=365, ge=1)
    keep_callers_days: int = Field(default=365, ge=1)
    keep_call_texts_days: int = Field(default=30, ge=1)
    keep_shifts_days: int = Field(default=365, ge=1)
    keep_desk_notes_days: int = Field(default=365, ge=1)
    keep_children_days: int = Field(default=180, ge=1)
    keep_answers_to_erasures_days: int = Field(default=400, ge=1)
    keep_opinions_days: int = Field(default=180, ge=1)
    keep_sought_days: int = Field(default=180, ge=1)

    # A folder with pages of the centre's own, in place of those of the house or beside them.
    content_dir: str = ""

    # The telephone desk is closed while nobody has signed up for a shift.
    hours_by_shifts: bool = False
    # What the centre is called, where it is and the number that people call, as the home says them.
    centre_name: str = ""
    centre_address: str = ""
    centre_phone: str = ""
    # The lines of the sender on a letter, with commas between them; nothing in it says what we do.
    letter_sender: str = ""
    # The account at Twilio whose number people call, best one of its own, and the numbers of the desk that it
    # rings, one after the other.
    voice_account_sid: str | None = None
    voice_auth_token: SecretStr | None = None
    desk_numbers: str = ""
    # The organisation's own accounts (OpenID Connect), by which people who work here can sign in.
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None

    @property
    def oidc_is_complete(self) -> bool:
        """Whether all is set that signing in by the organisation's own accounts needs."""
        return not self.oidc_missing and bool(self.oidc_issuer)

    @property
    def oidc_missing(self) -> list[str]:
        """Return the settings that are missing while others of the three are there."""
        given = {
            "WEERZIEN_OIDC_ISSUER": self.oidc_issuer,
            "WEERZIEN_OIDC_CLIENT_ID": self.oidc_client_id,
            "WEERZIEN_OIDC_CLIENT_SECRET": self.oidc_client_secret
            and self.oidc_client_secret.get_secret_value(),
        }
        return [name for name, value in given.items() if not value] if any(given.values()) else []

    @property
    def desk_numbers_in_order(self) -> list[str]:
        """Return the numbers of the desk as E.164."""
        return _numbers(self.desk_numbers)

    @property
    def is_on_its_own(self) -> bool:
        """Whether this is one machine that nobody reaches, for trying things out."""
        addresses = (self.public_url(service) for service in SERVICES)
        return self.embedded and self.voice_account_sid is None and all(map(leads_here, addresses))

    @property
    def centre_lines(self) -> list[str]:
        """Return the lines of the centre's address."""
        return [line for one in self.centre_address.split(",") if (line := one.strip())]

    @field_validator("centre_phone")
    @classmethod
    def _number_that_people_call(cls, value: str) -> str:
        try:
            return normalise_phone(value, DEFAULT.code, mobile_needed=False) if value else ""
        except PhoneProblem:
            raise ValueError("must be a number such as +31201234567") from None

    @field_validator("desk_numbers")
    @classmethod
    def _numbers_that_can_be_called(cls, value: str) -> str:
        try:
            _numbers(value)
        except PhoneProblem:
            raise ValueError("must be numbers such as +31201234567, with commas between") from None
        return value

    @model_validator(mode="after")
    def _voice_is_whole(self) -> Self:
        if (self.voice_account_sid is None) != (self.voice_auth_token is None):
            raise ValueError("WEERZIEN_VOICE_ACCOUNT_SID and WEERZIEN_VOICE_AUTH_TOKEN belong together")
        return self


def _numbers(written: str) -> list[str]:
    pieces = filter(None, (one.strip() for one in written.split(",")))
    return [normalise_phone(one, DEFAULT.code, mobile_needed=False) for one in pieces]

from pydantic import Field, SecretStr

from shared.settings import CommonSettings


class IntakeSettings(CommonSettings):
    """How many days intake keeps what it has of people; `docs/privacy.md` says why.

    An advice request is stripped to codes so long after it ended, or after the last news of one that never
    did. The codes, and the answers to those who asked for an erasure, have a period of their own.
    """

    keep_requests_days: int = Field(default=365, ge=1)
    keep_open_requests_days: int = Field(default=730, ge=1)
    keep_figures_days: int = Field(default=1825, ge=1)
    keep_desk_notes_days: int = Field(default=365, ge=1)
    keep_answers_to_erasures_days: int = Field(default=400, ge=1)
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

from datetime import timedelta

from pydantic import Field

from shared.settings import CommonSettings


class ReferralSettings(CommonSettings):
    """`auto_offer`: send offers without waiting for a person to confirm them (`WEERZIEN_AUTO_OFFER`).

    The others are how many days referral keeps what it has; `docs/privacy.md` says why. A referral is emptied
    so long after its end, and a partner's link works so long after it has nothing to do with it any more. The
    mark of a withdrawal outlives every event that could still come late.
    """

    auto_offer: bool = True
    keep_referrals_days: int = Field(default=365, ge=1)
    keep_figures_days: int = Field(default=1825, ge=1)
    keep_withdrawn_days: int = Field(default=400, ge=1)
    keep_links_days: int = Field(default=30, ge=1)

    @property
    def link_keeps(self) -> timedelta:
        return timedelta(days=self.keep_links_days)

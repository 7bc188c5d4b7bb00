from shared.settings import CommonSettings


class ReferralSettings(CommonSettings):
    """`auto_offer`: whether an offer goes out without a person who confirms it (`WEERZIEN_AUTO_OFFER`)."""

    auto_offer: bool = True

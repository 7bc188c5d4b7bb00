from shared.settings import CommonSettings


class ReferralSettings(CommonSettings):
    """`auto_offer`: send offers without waiting for a person to confirm them (`WEERZIEN_AUTO_OFFER`)."""

    auto_offer: bool = True

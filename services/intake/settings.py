from pydantic import Field

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
    # The lines of the sender on a letter, with commas between them; nothing in it says what we do.
    letter_sender: str = ""

from pydantic import Field

from shared.settings import CommonSettings


class IntakeSettings(CommonSettings):
    """How many days intake keeps what it has of people; `docs/privacy.md` says why.

    An advice request is stripped to codes so long after it ended, or after the last news of one that never
    did. The codes, and the answers to those who asked for an erasure, have a period of their own. So have
    calls, the codes that are left of them, call-backs that ended, what the desk keeps of callers, and what it
    sent to them.
    """

    keep_requests_days: int = Field(default=365, ge=1)
    keep_open_requests_days: int = Field(default=730, ge=1)
    keep_figures_days: int = Field(default=1825, ge=1)
    keep_desk_notes_days: int = Field(default=365, ge=1)
    keep_calls_days: int = Field(default=365, ge=1)
    keep_call_figures_days: int = Field(default=1825, ge=1)
    keep_call_backs_days: int = Field(default=365, ge=1)
    keep_callers_days: int = Field(default=365, ge=1)
    keep_call_texts_days: int = Field(default=30, ge=1)
    keep_answers_to_erasures_days: int = Field(default=400, ge=1)

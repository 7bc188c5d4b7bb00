"""Who did what to which record, when and why; never what it says."""

from shared.audit.periods import over
from shared.audit.recording import record

__all__ = ["over", "record"]

"""What can be done with calls, callers and those who are called back.

Each of these is one transaction and commits at its end, unless it says otherwise.
"""

from services.intake.calls.commands.exchange import answer, hang_up, ring

__all__ = ["answer", "hang_up", "ring"]

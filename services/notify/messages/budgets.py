"""How the day's texts, and the day's money for them, are divided. Nothing here touches a database or a clock.

What waits for no ceiling (a visit that is called off or moved, the confirmation of STOP, what the desk sends
itself) is free: it neither waits nor takes from the others. Of the rest, reminders have a reserve that nobody
else can use up, and numbers that nobody proved have a small share and no more than that; what is left is for
everything else, and for reminders beyond their reserve.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.notify.messages.tables import Budget

Used = Mapping[Budget, int]


def budget_of(budget: Budget, *, by_desk: bool, unproven: bool) -> Budget:
    """Return what a text is paid from, given its purpose's budget and who it is to and from."""
    if by_desk:
        return Budget.FREE
    return Budget.REST if budget is Budget.UNPROVEN and not unproven else budget


def left(budget: Budget, used: Used, total: int) -> int:
    """Return how much of `total` a day is left for this budget; not for one that is free."""
    reserve, share = total // 2, total // 20
    reminders, unproven = used.get(Budget.REMINDER, 0), used.get(Budget.UNPROVEN, 0)
    beyond = max(0, reminders - reserve) + max(0, unproven - share)
    common = total - reserve - share - used.get(Budget.REST, 0) - beyond
    if budget is Budget.REMINDER:
        return common + max(0, reserve - reminders)
    if budget is Budget.UNPROVEN:
        # Where the whole is so small that there is no share, one of them still goes.
        return min(max(share, 1) - unproven, common + max(0, share - unproven))
    return common

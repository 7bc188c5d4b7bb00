"""How many questions may be begun in an hour. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

# From one address, and from each network around it; as many again with somebody in danger. A school has one
# address, and so has a site whose proxy does not say who it speaks for: far more than people begin there.
FROM_ONE_PLACE = (300, 600, 1_200)
# Where very many are begun everywhere, fewer from each place: who begins one there is let in all the same.
MANY, FEW_FROM_ONE_PLACE = 5_000, (10, 100, 400)


def may_begin(places: Sequence[int], everybody: int) -> bool:
    """Whether one more may be begun; `places`, from the address to the widest network, count this one."""
    most = FROM_ONE_PLACE if everybody < MANY else FEW_FROM_ONE_PLACE
    return all(number <= limit for number, limit in zip(places, most, strict=False))

"""How often something may be done in so much time, counted in the database so that all processes share it."""

from shared.ceilings.counting import count as count
from shared.ceilings.counting import counted as counted
from shared.ceilings.counting import forget_old_counts as forget_old_counts
from shared.ceilings.counting import uncount as uncount
from shared.ceilings.counting import window_start as window_start

"""Limits on how often something may be done in a given time, counted in the database for all processes."""

from shared.ceilings.counting import add as add
from shared.ceilings.counting import add_each as add_each
from shared.ceilings.counting import count as count
from shared.ceilings.counting import counted as counted
from shared.ceilings.counting import forget_old_counts as forget_old_counts
from shared.ceilings.counting import held as held
from shared.ceilings.counting import uncount as uncount
from shared.ceilings.counting import was_counted as was_counted
from shared.ceilings.counting import window_start as window_start

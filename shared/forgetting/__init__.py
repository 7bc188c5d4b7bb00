"""Nothing stays for ever: a person is erased everywhere, and each kind of data goes after its period."""

from shared.forgetting.erasing import Counts as Counts
from shared.forgetting.erasing import Eraser as Eraser
from shared.forgetting.erasing import Things as Things
from shared.forgetting.periods import Period as Period

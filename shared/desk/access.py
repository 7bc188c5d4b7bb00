"""Access to the desk's API: by a key of scope `desk` that is the centre's own (see `ApiKey.allows`)."""

from __future__ import annotations

from shared.security.access import requires
from shared.security.keystore import Scope

desk_key = requires(Scope.DESK)

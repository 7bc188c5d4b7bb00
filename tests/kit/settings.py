"""Complete settings, for tests only."""

from __future__ import annotations

import base64
import hashlib
import importlib
from typing import Any

ENVIRONMENT = {
    "WEERZIEN_SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnop",
    "WEERZIEN_ENCRYPTION_KEYS": f"t1:{base64.b64encode(hashlib.sha256(b'tests').digest()).decode()}",
    "WEERZIEN_EVENT_SOURCE": "urn:nld:kvknr:12345678:weerzien",
    "WEERZIEN_DATABASE_URL": "postgresql://nowhere/nothing",
    "WEERZIEN_BROKER_URL": "redis://127.0.0.1:1/0",
    "WEERZIEN_PUBLIC_URL_INTAKE": "http://intake.test",
    "WEERZIEN_PUBLIC_URL_REFERRAL": "http://referral.test",
    "WEERZIEN_PUBLIC_URL_NOTIFY": "http://notify.test",
    "WEERZIEN_EMBEDDED": "true",
}


def settings_for(service: str, **given: Any) -> Any:
    """Return a service's settings; `given` are named after their fields."""
    kind = importlib.import_module(f"services.{service}.service").SERVICE.settings
    values = {name.removeprefix("WEERZIEN_").lower(): value for name, value in ENVIRONMENT.items()}
    return kind(**{**values, **given})

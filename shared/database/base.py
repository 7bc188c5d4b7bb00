"""Tables of a service: each has its own registry, and lives in its own schema.

Tables carry no schema name: the service's engine sets `search_path`, so one service cannot reach
another's tables by writing a name.
"""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlalchemy.orm import registry

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def service_registry() -> registry:
    return registry(metadata=MetaData(naming_convention=NAMES))

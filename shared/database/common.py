"""Tables that every service has in its own schema: messages between services, keys, work lists, counters."""

from sqlalchemy import MetaData

from shared.database.base import NAMES

COMMON = MetaData(naming_convention=NAMES)

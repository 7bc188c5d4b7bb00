from sqlmodel import SQLModel

from shared.database.base import service_registry


class Base(SQLModel, registry=service_registry()):
    """The base of notify's tables, which live in the schema `notify`."""

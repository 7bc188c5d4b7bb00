from sqlmodel import SQLModel

from shared.database.base import service_registry


class Base(SQLModel, registry=service_registry()):
    """Tables of notify; they live in the schema `notify`."""

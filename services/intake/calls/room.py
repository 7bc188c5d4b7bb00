from services.intake.calls import tables
from shared.service import Room

__all__ = ["ROOM", "tables"]
ROOM = Room()

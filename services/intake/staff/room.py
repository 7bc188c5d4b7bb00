from shared.service import Room

ROOM = Room()

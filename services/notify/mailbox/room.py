from services.notify.mailbox import figures, tasks
from shared.service import Room

ROOM = Room(due=tasks.DUE, figures=[figures.figures])

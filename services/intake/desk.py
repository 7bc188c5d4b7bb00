from shared.desk.actions import DeskActions

# What the desk can do with an item of each kind; rooms register theirs in a file `desk.py` of their own.
desk = DeskActions()

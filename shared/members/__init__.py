"""People who are no staff, such as a prison's planners: they have a page here, and a link in a mail opens it.

Each service that has members has its own tables of them (`tables.py`), and one `Members` that names these.
"""

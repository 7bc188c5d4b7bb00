"""The mailbox: what comes in at the address that our mail comes from, each mail taken in once."""

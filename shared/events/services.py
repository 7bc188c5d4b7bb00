"""The services that speak these events, in the order of their ports.

Imports nothing, since health checks come by often and read it.
"""

SERVICES = ("intake", "referral", "notify")

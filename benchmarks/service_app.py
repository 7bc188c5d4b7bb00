"""The web application of the service that `BENCHMARKED` names, as a server runs it."""

import os

from services import system

app = system.web_application(os.environ["BENCHMARKED"])

from fastapi import FastAPI

from services.notify.channels import api as postbus
from services.notify.channels import pages as postbus_pages
from services.notify.desk import desk
from services.notify.messages import api as messages
from services.notify.messages import desk as _messages_desk  # noqa: F401 - registers its kinds
from services.notify.messages import figures as messages_figures
from services.notify.messages import webhooks
from services.notify.visits import api as visits
from services.notify.visits import desk as _visits_desk  # noqa: F401 - registers its kinds
from services.notify.visits import figures as visits_figures
from shared.runtime import Runtime
from shared.web.app import create_app


def build(runtime: Runtime) -> FastAPI:
    return create_app(
        runtime,
        title="Weerzien notify",
        routers=[visits.router, messages.router, webhooks.router, postbus.router, postbus_pages.router],
        desk=desk,
        figures=[messages_figures.figures, visits_figures.figures],
    )

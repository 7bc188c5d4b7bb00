from services.notify.channels import api, pages
from services.notify.channels.providers import PATHS, PROVIDERS
from shared.service import Room

ROOM = Room(
    routers=[api.router, pages.router],
    programs=PATHS,
    passed_on=PATHS,
    reasons={form: text for provider in PROVIDERS for form, text in provider.reasons.items()},
)

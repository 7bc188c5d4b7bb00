from services.intake.staff import account_pages, own_pages, pages, passkey_pages, people_pages
from shared.service import Room

ROOM = Room(
    routers=[pages.router, passkey_pages.router, account_pages.router, own_pages.router, people_pages.router]
)

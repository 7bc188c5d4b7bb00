from fastapi import FastAPI

from services.referral.desk import desk
from services.referral.directory import api as directory
from services.referral.portal import pages as portal
from services.referral.referrals import api as referrals
from services.referral.referrals import desk as _referrals_desk  # noqa: F401 - registers its kinds
from services.referral.referrals.figures import figures
from shared.runtime import Runtime
from shared.web.app import create_app


def build(runtime: Runtime) -> FastAPI:
    return create_app(
        runtime,
        title="Weerzien referral",
        routers=[referrals.router, directory.router, portal.router],
        desk=desk,
        figures=[figures],
    )

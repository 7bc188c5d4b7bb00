import services.intake.requests.desk
import services.intake.requests.subscribers  # noqa: F401
from services.intake.base import Base
from services.intake.desk import desk
from services.intake.settings import Settings
from services.intake.subscriptions import subscriptions
from shared.messaging.work import Wiring

wiring = Wiring("intake", Settings, Base, subscriptions, desk=desk)

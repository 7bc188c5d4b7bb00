import services.referral.referrals.desk
import services.referral.referrals.subscribers  # noqa: F401
from services.referral.base import Base
from services.referral.desk import desk
from services.referral.referrals import tasks
from services.referral.settings import Settings
from services.referral.subscriptions import subscriptions
from shared.messaging.work import Wiring

wiring = Wiring("referral", Settings, Base, subscriptions, tasks.DUE, desk)

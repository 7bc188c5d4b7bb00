"""Which service fits an advice request best, and why. Pure: the same input gives the same result."""

from services.referral.matching.profiles import History as History
from services.referral.matching.profiles import RequestProfile as RequestProfile
from services.referral.matching.profiles import ServiceProfile as ServiceProfile
from services.referral.matching.ranking import RULESET as RULESET
from services.referral.matching.ranking import Matching as Matching
from services.referral.matching.ranking import match as match

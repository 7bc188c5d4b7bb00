"""Referral: the directory, matching, referrals and offers, and the partner's page."""

from services.referral.base import Base
from services.referral.directory.room import ROOM as DIRECTORY
from services.referral.portal.room import ROOM as PORTAL
from services.referral.referrals.room import ROOM as REFERRALS
from services.referral.settings import ReferralSettings
from shared.service import Service

SERVICE = Service("referral", ReferralSettings, Base, rooms=[REFERRALS, DIRECTORY, PORTAL])

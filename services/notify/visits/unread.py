"""Loading registrations without what a person wrote, or is called and reached by.

So one family that cannot be decrypted does not keep the others from hearing about their visit.
"""

from sqlalchemy.orm import defer

from services.notify.visits.tables import Registration

OF_A_PERSON = ("name", "phone", "email", "address", "companions", "special_needs")
UNREAD = [defer(getattr(Registration, name)) for name in OF_A_PERSON]

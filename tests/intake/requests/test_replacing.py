"""While a new version takes over, the one of before takes in requests, and what was kept for nothing goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import Engine, text

from services.intake.service import SERVICE
from shared.database.engine import make_engine
from shared.database.migrate import config, lines
from tests.conftest import MORNING
from tests.kit import databases

AS_BEFORE = "intake_0001"
TAKEN_IN = text("""
    INSERT INTO advice_requests (
      id, reference, return_code_hash, client, fingerprint, state, state_time, hold, audience, help_for,
      needs, child_age_bands, country, postcode, language, urgency, remote, danger, share, channel, phone,
      phone_index, safe_times, voicemail, discreet, minors_own_phone, received_at)
    VALUES (
      :id, :reference, 'hash', 'form', 'of the body', 'received', :at, false, 'carer', '[]', '["bezoek"]',
      '[]', 'NL', '5038 AB', 'nl', 'normal', 'yes', false, 'yes', 'sms', 'sealed', 'of the number',
      '[]', false, true, false, :at)
""")
KEPT = text("SELECT count(*), count(phone), count(phone_index) FROM advice_requests")


@pytest.fixture
def before(server_url: str) -> Iterator[tuple[str, Engine]]:
    """A database as the version of before made it: its address, and that version's connections."""
    url = databases.fresh_database(server_url, f"{databases.worker_name()}_before")
    engine = make_engine(url, "intake", pool_size=1)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA intake CASCADE; CREATE SCHEMA intake"))
        common, own = lines(SERVICE.versions)
        command.upgrade(config(common, connection), "head")
        command.upgrade(config(own, connection), AS_BEFORE)
    yield url, engine
    engine.dispose()


def test_no_fingerprint_of_a_number_is_left_and_the_version_of_before_still_takes_requests_in(
    before: tuple[str, Engine],
) -> None:
    url, engine = before
    _taken_in_by_the_version_of_before(engine, MORNING)
    SERVICE.upgrade(url)
    with engine.connect() as connection:
        assert connection.execute(KEPT).one() == (1, 1, 0)
    _taken_in_by_the_version_of_before(engine, MORNING)
    with engine.connect() as connection:
        assert connection.execute(KEPT).one() == (2, 2, 1)


def _taken_in_by_the_version_of_before(engine: Engine, at: datetime) -> None:
    """That version keeps a fingerprint of the number beside the number."""
    with engine.begin() as connection:
        connection.execute(TAKEN_IN, {"id": uuid4(), "reference": str(uuid4()), "at": at})

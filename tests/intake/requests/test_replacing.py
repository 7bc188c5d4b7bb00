"""While a new version takes over, the one of before takes in requests, and what was kept for nothing goes."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import Engine, text

from services.intake.service import SERVICE
from shared.database import migrate
from shared.database.engine import make_engine
from tests.kit import databases

# Without a default for any column, as a program names every column that it knows.
TAKEN_IN = text("""
    INSERT INTO advice_requests (
        id, reference, return_code_hash, client, fingerprint, state, state_time, hold, audience, help_for,
        needs, child_age_bands, country, postcode, language, urgency, remote, danger, share, channel, phone,
        phone_index, safe_times, voicemail, discreet, minors_own_phone, received_at
    ) VALUES (
        :id, :reference, 'hash', 'form', 'of the body', 'received', now(), false, 'carer', '["child"]',
        '["bezoek"]', '[]', 'NL', '5038', 'nl', 'normal', 'yes', false, 'yes', 'sms', 'the number',
        'of the number', '[]', false, true, false, now()
    )
""")
KEPT = text("SELECT count(*), count(phone), count(phone_index) FROM advice_requests")


@pytest.fixture
def before(server_url: str) -> Iterator[tuple[str, Engine]]:
    """A database as the first version made it: its address, and that version's connections."""
    url = databases.fresh_database(server_url, f"{databases.worker_name()}_before")
    engine = make_engine(url, "intake", pool_size=1)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA intake CASCADE; CREATE SCHEMA intake"))
        for line in migrate.lines(SERVICE.versions):
            first = min(migrate.known(line))
            command.upgrade(migrate.config(line, connection), first)
    yield url, engine
    engine.dispose()


def test_no_fingerprint_of_a_number_is_left_and_the_version_of_before_still_takes_requests_in(
    before: tuple[str, Engine],
) -> None:
    url, engine = before
    _taken_in_by_the_version_of_before(engine)
    SERVICE.upgrade(url)
    with engine.connect() as connection:
        assert connection.execute(KEPT).one() == (1, 1, 0)
    _taken_in_by_the_version_of_before(engine)
    with engine.connect() as connection:
        assert connection.execute(KEPT).one() == (2, 2, 1)


def _taken_in_by_the_version_of_before(engine: Engine) -> None:
    """That version keeps a fingerprint of the number beside the number."""
    with engine.begin() as connection:
        connection.execute(TAKEN_IN, {"id": uuid4(), "reference": str(uuid4())})

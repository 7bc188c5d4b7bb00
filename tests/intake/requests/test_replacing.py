"""While a new version takes over, the one of before takes in requests, and what was kept for nothing goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import Engine, text
from sqlmodel import Session

from services.intake.requests.tables import AdviceRequest
from services.intake.service import SERVICE
from shared.database import migrate
from shared.database.engine import make_engine
from shared.vocabulary import Audience, ContactChannel, Share
from tests.conftest import MORNING
from tests.kit import databases

AS_BEFORE = """
    UPDATE alembic_version SET version_num = 'intake_0001';
    CREATE INDEX ix_advice_requests_phone_index ON advice_requests (phone_index)
"""
KEPT = text("SELECT count(*), count(phone), count(phone_index) FROM advice_requests")


@pytest.fixture
def before(server_url: str) -> Iterator[Engine]:
    """The connections of the version of before, to a database with its index."""
    url = databases.fresh_database(server_url, f"{databases.worker_name()}_before")
    engine = make_engine(url, "intake", pool_size=1)
    with engine.begin() as connection:
        connection.execute(text(AS_BEFORE))
    yield engine
    engine.dispose()


def test_no_fingerprint_of_a_number_is_left_and_the_version_of_before_still_takes_requests_in(
    before: Engine,
) -> None:
    engine = before
    _taken_in_by_the_version_of_before(engine, MORNING)
    _bring_to(engine, "intake_0002")
    with engine.connect() as connection:
        assert connection.execute(KEPT).one() == (1, 1, 0)
    _taken_in_by_the_version_of_before(engine, MORNING)
    with engine.connect() as connection:
        assert connection.execute(KEPT).one() == (2, 2, 1)


def _bring_to(engine: Engine, version: str) -> None:
    """Run this migration alone: those after it have been in this database from the beginning."""
    with engine.begin() as connection:
        command.upgrade(migrate.config(migrate.lines(SERVICE.versions)[1], connection), version)


def _taken_in_by_the_version_of_before(engine: Engine, at: datetime) -> None:
    """That version keeps a fingerprint of the number beside the number."""
    request = AdviceRequest(
        reference=str(uuid4()),
        return_code_hash=b"hash",
        client="form",
        fingerprint=b"of the body",
        state_time=at,
        audience=Audience.CARER,
        help_for=[],
        needs=["bezoek"],
        country="NL",
        postcode="5038 AB",
        language="nl",
        share=Share.YES,
        channel=ContactChannel.SMS,
        phone="+31612345678",
        received_at=at,
    )
    with Session(engine) as session:
        session.add(request)
        session.flush()
        session.execute(
            text("UPDATE advice_requests SET phone_index = 'of the number' WHERE id = :id"),
            {"id": request.id},
        )
        session.commit()

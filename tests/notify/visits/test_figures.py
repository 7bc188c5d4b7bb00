"""The figures on reminders for Prometheus."""

from __future__ import annotations

from tests.kit.figures import figure
from tests.notify.visits.office import Office, at


def test_a_reminder_that_is_due_is_late_until_it_is_wanted(office: Office) -> None:
    office.register(office.publish())
    office.send_all()
    office.clock.set(at("2026-12-10T10:10"))
    assert figure(office.client, "weerzien_reminders_late_seconds") == 600
    assert office.remind() == 1
    assert figure(office.client, "weerzien_reminders_late_seconds") == 0

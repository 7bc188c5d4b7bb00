"""Many visit days called off or moved at once, texts that go before all others, and places that are kept

Null for what the version before writes: it says of no text when it arrived.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "notify_0015"
down_revision = "notify_0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("messages", sa.Column("arrived_at", MOMENT, nullable=True))
    op.create_index(
        "ix_messages_planned_first",
        "messages",
        ["due_at"],
        postgresql_where=sa.text(
            "state = 'planned' AND purpose IN ('desk-waits', 'visit-cancelled', 'visit-moved')"
        ),
    )
    op.create_table(
        "mass_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility", sa.String(), nullable=False),
        sa.Column("first_date", sa.Date(), nullable=False),
        sa.Column("last_date", sa.Date(), nullable=True),
        sa.Column("until_further_notice", sa.Boolean(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("new_date", sa.Date(), nullable=True),
        sa.Column("new_start", sa.Time(), nullable=True),
        sa.Column("new_end", sa.Time(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("preview", postgresql.JSONB(), nullable=False),
        sa.Column("preview_number", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_name", sa.String(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("lapses_at", MOMENT, nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("hand_over_at", MOMENT, nullable=True),
        sa.Column("look_at", MOMENT, nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_changes")),
    )
    op.create_index(
        "ix_mass_changes_look_at",
        "mass_changes",
        ["look_at"],
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    op.create_index(
        "ix_mass_changes_stops",
        "mass_changes",
        ["facility", "first_date"],
        postgresql_where=sa.text("state = 'confirmed' AND until_further_notice"),
    )
    op.create_index("ix_mass_changes_facility_asked_at", "mass_changes", ["facility", "asked_at"])
    op.create_table(
        "mass_change_days",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mass_change_id", sa.Uuid(), nullable=False),
        sa.Column("visit_day_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("was_date", sa.Date(), nullable=False),
        sa.Column("was_start", sa.Time(), nullable=False),
        sa.Column("was_end", sa.Time(), nullable=False),
        sa.Column("was_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        *_of("mass_change_days", "mass_change_id", "mass_changes"),
        *_of("mass_change_days", "visit_day_id", "visit_days"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_change_days")),
        sa.UniqueConstraint(
            "mass_change_id", "visit_day_id", name=op.f("uq_mass_change_days_mass_change_id_visit_day_id")
        ),
    )
    op.create_index(
        "ix_mass_change_days_due",
        "mass_change_days",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_mass_change_days_visit_day_id"), "mass_change_days", ["visit_day_id"])
    op.create_table(
        "mass_change_families",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mass_change_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("visit_day_id", sa.Uuid(), nullable=False),
        sa.Column("visit_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reach", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("was_state", sa.String(), nullable=True),
        sa.Column("was_answered_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("leaves_at", MOMENT, nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("listed_at", MOMENT, nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        *_of("mass_change_families", "mass_change_id", "mass_changes"),
        *_of("mass_change_families", "registration_id", "registrations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_change_families")),
        sa.UniqueConstraint(
            "mass_change_id",
            "registration_id",
            name=op.f("uq_mass_change_families_mass_change_id_registration_id"),
        ),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index(
        op.f("ix_mass_change_families_registration_id"), "mass_change_families", ["registration_id"]
    )
    op.create_index(
        "ix_mass_change_families_due",
        "mass_change_families",
        ["due_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "kept_places",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("facility", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        *_of("kept_places", "registration_id", "registrations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_places")),
        sa.UniqueConstraint("registration_id", name=op.f("uq_kept_places_registration_id")),
    )
    op.create_index(
        "ix_kept_places_in_turn",
        "kept_places",
        ["facility", "kind", "since"],
        postgresql_where=sa.text("settled_at IS NULL"),
    )


def _of(table: str, column: str, owner: str) -> list[sa.ForeignKeyConstraint]:
    name = op.f(f"fk_{table}_{column}")
    return [sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=name, ondelete="CASCADE")]

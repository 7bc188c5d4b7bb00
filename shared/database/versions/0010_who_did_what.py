"""Who did what to which record, when and why; and the chain through it"""

import sqlalchemy as sa
from alembic import op

revision = "common_0010"
down_revision = "common_0005"
branch_labels = None
depends_on = None

# Deferred to the commit, so that the lock on the end of the chain is held for no longer than that.
LINK = """
CREATE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    last record;
    told text := '';
    part text;
BEGIN
    PERFORM pg_advisory_xact_lock(7304115904000000000 + TG_RELID::bigint);
    SELECT number, hash INTO last FROM audit_chain ORDER BY number DESC LIMIT 1;
    IF NOT FOUND THEN
        SELECT 0::bigint AS number, decode(repeat('00', 32), 'hex') AS hash INTO last;
    END IF;
    FOREACH part IN ARRAY ARRAY[
        (last.number + 1)::text, NEW.id::text, trunc(extract(epoch FROM NEW.at) * 1000000)::bigint::text,
        NEW.who, NEW.deed, NEW.about, NEW.why
    ] LOOP
        told := told || octet_length(convert_to(part, 'UTF8')) || ':' || part;
    END LOOP;
    INSERT INTO audit_chain (number, entry_id, previous, hash)
    VALUES (last.number + 1, NEW.id, last.hash, sha256(last.hash || convert_to(told, 'UTF8')));
    RETURN NULL;
END $$
"""
KEEP = """
CREATE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('weerzien.audit_period', true) IS DISTINCT FROM 'over' OR TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'the audit is only added to';
    END IF;
    RETURN OLD;
END $$
"""

# The oldest part of the chain goes, and never anything of the last year, whoever asks for it.
LET_GO = """
CREATE FUNCTION audit_let_go(before timestamptz, most int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    oldest timestamptz := least(before, clock_timestamp() - interval '366 days');
    gone uuid[];
BEGIN
    PERFORM set_config('weerzien.audit_period', 'over', true);
    WITH eldest AS (
        SELECT number, entry_id, at FROM audit_chain JOIN audit_entries ON id = entry_id ORDER BY number LIMIT most
    ), over AS (
        DELETE FROM audit_chain WHERE number IN (
            SELECT number FROM eldest WHERE number < coalesce((SELECT min(number) FROM eldest WHERE at >= oldest), 9223372036854775807)
        ) RETURNING entry_id
    ) SELECT array_agg(entry_id) INTO gone FROM over;
    DELETE FROM audit_entries WHERE id = ANY(gone);
    PERFORM set_config('weerzien.audit_period', '', true);
    RETURN coalesce(cardinality(gone), 0);
END $$
"""


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("deed", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False, index=True),
        sa.Column("why", sa.String(), nullable=False),
    )
    op.create_table(
        "audit_chain",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("entry_id", name="uq_audit_chain_entry_id"),
    )
    for function in (LINK, KEEP, LET_GO):
        op.execute(function)
    schema = op.get_bind().exec_driver_sql("SELECT current_schema()").scalar()
    for function in ("audit_link()", "audit_let_go(timestamptz, int)"):
        op.execute(f'ALTER FUNCTION {function} SET search_path = "{schema}", pg_temp')
    op.execute(
        "CREATE CONSTRAINT TRIGGER audit_link AFTER INSERT ON audit_entries"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_link()"
    )
    for table in ("audit_entries", "audit_chain"):
        op.execute(
            f"CREATE TRIGGER audit_keep BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION audit_keep()"
        )

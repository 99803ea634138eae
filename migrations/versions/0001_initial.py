"""The first schema: history, evidence, runs, commands, outbox and the leader's epoch.

Types are spelled out rather than taken from `canary.store.models`: a migration describes the past, and must not change
when the models do.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = ("epoch", "outbox", "runs", "measurements", "evidence", "commands", "decisions", "rollouts")


def text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A column of words."""
    return sa.Column(name, sa.Text(), nullable=nullable)


def instant(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A column of moments in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def whole(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A column of small whole numbers."""
    return sa.Column(name, sa.Integer(), nullable=nullable)


def upgrade() -> None:
    """Make the tables and their indices."""
    create_history()
    create_evidence()
    create_work()
    for table, columns in (
        ("rollouts", ("namespace", "canary", "started_at")),
        ("rollouts", ("ended_at",)),
        ("decisions", ("namespace", "canary", "at")),
        ("decisions", ("at",)),
        ("commands", ("namespace", "canary", "received_at")),
        ("commands", ("received_at",)),
        ("evidence", ("updated_at",)),
        ("measurements", ("at",)),
        ("runs", ("rollout_id",)),
        ("runs", ("status", "started_at")),
        ("outbox", ("done_at", "due_at")),
    ):
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def create_history() -> None:
    """What was tried, decided and ordered."""
    op.create_table(
        "rollouts",
        *(text("id"), text("namespace"), text("canary"), whole("number")),
        *(text("revision"), text("image"), text("stable_revision", nullable=True)),
        *(instant("started_at"), instant("ended_at", nullable=True)),
        *(text("outcome", nullable=True), text("reason"), text("sentence")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("requests", "bad_requests")),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rollouts"),
    )
    op.create_table(
        "decisions",
        *(text("id"), text("rollout_id", nullable=True), text("namespace"), text("canary"), instant("at")),
        *(text("phase"), whole("step", nullable=True), text("weight", nullable=True)),
        *(text("reason"), text("sentence"), text("actor", nullable=True)),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_table(
        "commands",
        *(text("id"), text("namespace"), text("canary"), text("verb"), text("who"), text("why")),
        *(instant("received_at"), text("outcome", nullable=True), text("sentence", nullable=True)),
        sa.PrimaryKeyConstraint("id", name="pk_commands"),
    )


def create_evidence() -> None:
    """What was measured and what the judges make of it."""
    op.create_table(
        "evidence",
        *(text("rollout_id"), text("metric"), sa.Column("state", sa.JSON(), nullable=False), instant("updated_at")),
        sa.PrimaryKeyConstraint("rollout_id", "metric", name="pk_evidence"),
    )
    counts = ("stable_bad", "stable_total", "canary_bad", "canary_total")
    op.create_table(
        "measurements",
        *(text("rollout_id"), text("metric"), instant("at"), text("verdict")),
        *(sa.Column(name, sa.Double(), nullable=False) for name in counts),
        *(sa.Column("evidence", sa.Double(), nullable=True), text("sentence")),
        sa.PrimaryKeyConstraint("rollout_id", "metric", "at", name="pk_measurements"),
    )


def create_work() -> None:
    """What was started, what is to be sent, and who leads."""
    op.create_table(
        "runs",
        *(text("id"), text("rollout_id"), text("kind"), text("name"), text("edge", nullable=True)),
        *(whole("step", nullable=True), whole("attempt"), text("status"), whole("tries")),
        *(instant("started_at"), instant("finished_at", nullable=True), text("detail")),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_table(
        "outbox",
        *(text("id"), text("kind"), sa.Column("payload", sa.JSON(), nullable=False), instant("due_at")),
        *(whole("tries"), instant("done_at", nullable=True)),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_table(
        "epoch",
        *(
            sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
            sa.Column("epoch", sa.BigInteger(), nullable=False),
        ),
        text("holder"),
        sa.PrimaryKeyConstraint("id", name="pk_epoch"),
    )


def downgrade() -> None:
    """Drop everything, and with it every record."""
    for table in TABLES:
        op.drop_table(table)

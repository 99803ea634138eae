"""The tables.

There are no foreign keys. After the database is lost a rollout goes on from its status, and what is measured and
decided from then on has to be accepted although the row of the rollout's beginning is gone.

Rows are written more than once when an answer from the database is lost, so every primary key is known before the
first attempt. In tables marked `NEWEST_WINS` a row replaces the one with its key; elsewhere the first one stands.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Double, Index, Integer, MetaData, Table, Text

from analysis.verdict import Verdict
from canary.store.columns import Instant, Percent, Word
from strategies.model import Phase, RunStatus

NEWEST_WINS = "newest_wins"


class RunKind(StrEnum):
    """What a run is of."""

    TEST = "test"
    HOOK = "hook"


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Text, nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Instant, nullable=nullable)


rollouts = Table(
    "rollouts",
    metadata,
    _key("id"),
    _text("namespace"),
    _text("canary"),
    Column("number", Integer, nullable=False),
    _text("revision"),
    _text("image"),
    _text("stable_revision", nullable=True),
    _instant("started_at"),
    _instant("ended_at", nullable=True),
    _text("outcome", nullable=True),
    _text("reason"),
    _text("sentence"),
    Column("requests", BigInteger, nullable=False),
    Column("bad_requests", BigInteger, nullable=False),
    Column("plan", JSON, nullable=False),
    Index(None, "namespace", "canary", "started_at"),
    Index(None, "ended_at"),
    info={NEWEST_WINS: True},
)

decisions = Table(
    "decisions",
    metadata,
    _key("id"),
    _text("rollout_id", nullable=True),
    _text("namespace"),
    _text("canary"),
    _instant("at"),
    Column("phase", Word(Phase), nullable=False),
    Column("step", Integer, nullable=True),
    Column("weight", Percent, nullable=True),
    _text("reason"),
    _text("sentence"),
    _text("actor", nullable=True),
    Column("detail", JSON, nullable=False),
    Index(None, "namespace", "canary", "at"),
    Index(None, "at"),
)

commands = Table(
    "commands",
    metadata,
    _key("id"),
    _text("namespace"),
    _text("canary"),
    _text("verb"),
    _text("who"),
    _text("why"),
    _instant("received_at"),
    _text("outcome", nullable=True),
    _text("sentence", nullable=True),
    Index(None, "namespace", "canary", "received_at"),
    Index(None, "received_at"),
    info={NEWEST_WINS: True},
)

evidence = Table(
    "evidence",
    metadata,
    _key("rollout_id"),
    _key("metric"),
    Column("state", JSON, nullable=False),
    _instant("updated_at"),
    Index(None, "updated_at"),
    info={NEWEST_WINS: True},
)

measurements = Table(
    "measurements",
    metadata,
    _key("rollout_id"),
    _key("metric"),
    Column("at", Instant, primary_key=True),
    Column("verdict", Word(Verdict), nullable=False),
    Column("stable_bad", Double, nullable=False),
    Column("stable_total", Double, nullable=False),
    Column("canary_bad", Double, nullable=False),
    Column("canary_total", Double, nullable=False),
    Column("evidence", Double, nullable=True),
    _text("sentence"),
    *(Column(name, Double, nullable=True) for name in ("bound", "ratio_low", "ratio", "ratio_high")),
    Index(None, "at"),
)

runs = Table(
    "runs",
    metadata,
    _key("id"),
    _text("rollout_id"),
    Column("kind", Word(RunKind), nullable=False),
    _text("name"),
    _text("edge", nullable=True),
    Column("step", Integer, nullable=True),
    Column("attempt", Integer, nullable=False),
    Column("status", Word(RunStatus), nullable=False),
    Column("tries", Integer, nullable=False),
    _instant("started_at"),
    _instant("finished_at", nullable=True),
    _text("detail"),
    Index(None, "rollout_id"),
    Index(None, "status", "started_at"),
)

outbox = Table(
    "outbox",
    metadata,
    _key("id"),
    _text("kind"),
    Column("payload", JSON, nullable=False),
    _instant("due_at"),
    Column("tries", Integer, nullable=False),
    _instant("done_at", nullable=True),
    Index(None, "done_at", "due_at"),
)

epoch = Table(
    "epoch",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
    _text("holder"),
)

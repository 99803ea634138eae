"""Every state there can be, for property tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from strategies.model import Call, Edge, OnFailure, Phase, Plan, Rollout, Sizing, Stage, State, Step

names = st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z0-9]", fullmatch=True)
sentences = st.text(max_size=80)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
spans = st.timedeltas(timedelta(0), timedelta(days=30))
shares = st.integers(0, 100_000).map(lambda thousandths: Decimal(thousandths) / 1000)
sizes = (
    st.just({})
    | st.just({"match": False, "full": True})
    | st.builds(lambda count: {"match": False, "count": count}, st.integers(1, 999))
    | st.builds(lambda share: {"match": False, "percent": share}, shares)
)
sizings = st.builds(lambda size, ready, deadline: Sizing(**size, ready=ready, deadline=deadline), sizes, shares, spans)
steps = st.builds(
    Step,
    weight=shares,
    hold=spans,
    min_requests=st.integers(0, 10**9),
    tests=st.lists(names, max_size=3).map(tuple),
    approval=st.booleans(),
)
calls = st.builds(
    Call, name=names, on_failure=st.sampled_from(OnFailure), edges=st.lists(st.sampled_from(Edge), max_size=3).map(tuple)
)
plans = st.builds(
    Plan,
    steps=st.lists(steps, max_size=4).map(tuple),
    mesh=st.booleans(),
    drain=spans,
    keep=st.booleans(),
    sizing=sizings,
    judged=st.booleans(),
    needs_proof=st.booleans(),
    step_deadline=spans,
    tests=st.lists(calls, max_size=2).map(tuple),
    hooks=st.lists(calls, max_size=2).map(tuple),
    analysis=st.none() | sentences,
)
rollouts = st.builds(
    Rollout,
    id=names,
    number=st.integers(1, 10_000),
    revision=names,
    image=sentences,
    stable_workload=names,
    canary_workload=names,
    plan=plans,
    started_at=moments,
    entered_at=moments,
    replicas=st.integers(0, 1000),
    stage=st.sampled_from(Stage),
    step=st.integers(0, 4),
    attempt=st.integers(1, 9),
    weight=shares,
    live_at=st.none() | moments,
    first_live_at=st.none() | moments,
    zero_at=st.none() | moments,
    reverting=st.booleans(),
    by_hand=st.booleans(),
    paused=st.booleans(),
    why=sentences,
    sentence=sentences,
)
states = st.builds(
    State,
    phase=st.sampled_from(Phase),
    reason=names | st.just(""),
    sentence=sentences,
    stable=st.none() | names,
    stable_workload=st.none() | names,
    previous=st.none() | names,
    rejected=st.none() | names,
    rollouts=st.integers(0, 10_000),
    rollout=st.none() | rollouts,
    last_command=st.none() | names,
)

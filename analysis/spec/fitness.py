"""Whether a metric can be asked of its provider: each speaks a language of its own, and only one has raw counters."""

import re
from collections.abc import Iterable, Iterator

from analysis.providers.jsonpath import BadPath, parse
from analysis.scalars import Objection
from analysis.scalars.sections import At
from analysis.spec.metric import MetricSpec
from analysis.spec.number_providers import InfluxDBSpec, NewRelicSpec, WebSpec
from analysis.spec.provider import ProviderSpec
from analysis.templates import WINDOW, placeholders

_TIMES = "{{from}} and {{to}}"
_SINCE = re.compile(r"\b(SINCE|UNTIL|TIMESERIES)\b", re.IGNORECASE)


def unfit(metrics: Iterable[MetricSpec], shared: ProviderSpec | None) -> Iterator[Objection]:
    """What stands against each metric; `shared` is the provider of those that name none, None the controller's Prometheus."""
    for index, metric in enumerate(metrics):
        provider = metric.provider or shared
        for objection in _unfit(metric, provider):
            yield Objection(at=(index, *objection.at), sentence=objection.sentence)


def _unfit(metric: MetricSpec, provider: ProviderSpec | None) -> Iterator[Objection]:
    numbers = None if provider is None else provider.numbers
    if metric.builtin is not None:
        if numbers is not None:
            yield Objection(
                at=("builtin",), sentence="is read from a Prometheus: name one in provider, or write counts or a value"
            )
        return
    for at, query in _queries(metric):
        windowed = placeholders(query) & set(WINDOW)
        counted = metric.counts is not None
        match numbers:
            case WebSpec(url=url, body=body):
                yield from _of_web(at, query, placeholders(f"{url} {body}"), counted=counted)
            case InfluxDBSpec() if windowed != set(WINDOW):
                yield Objection(at=at, sentence=f"does not say which time it is about: write {_TIMES} where its times belong")
            case NewRelicSpec() if _SINCE.search(query):
                yield Objection(at=at, sentence="holds SINCE, UNTIL or TIMESERIES: remove it, the time is added to every query")
            case None if windowed:
                yield Objection(at=at, sentence=f"holds {_TIMES}, which a Prometheus has no use for: write a range, as [5m]")
            case _ if windowed and not isinstance(numbers, InfluxDBSpec):
                yield Objection(at=at, sentence=f"holds {_TIMES}: remove them, the time goes along with every query")


def _of_web(at: At, query: str, asked: frozenset[str], *, counted: bool) -> Iterator[Objection]:
    try:
        parse(re.sub(r"\{\{.*?\}\}", "x", query))
    except BadPath as error:
        yield Objection(at=at, sentence=f"is no JSONPath: {error}")
    if placeholders(query) & set(WINDOW):
        yield Objection(at=at, sentence=f"holds {_TIMES}: write them into the provider's url or body")
    if counted and not set(WINDOW) <= asked:
        sentence = f"is counted by windows, and neither the provider's url nor its body asks for one: write {_TIMES} there"
        yield Objection(at=at, sentence=sentence)


def _queries(metric: MetricSpec) -> Iterator[tuple[At, str]]:
    if metric.value is not None:
        yield ("value",), metric.value
    if metric.counts is not None:
        yield ("counts", "bad"), metric.counts.bad
        yield ("counts", "total"), metric.counts.total

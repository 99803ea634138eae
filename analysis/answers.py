"""What a provider's answer to one query comes to: a number, or the reason why there is none."""

from math import isfinite, isnan

from analysis.providers.base import Answer, ErrorKind, ProviderError, Scalar, Unusable, Vector
from analysis.reading import Problem, Trouble


def as_number(answer: Answer, query: str, remedy: str = "wrap it in sum(...), max(...) or avg(...)") -> float | Problem:
    """The one number of an answer, or what is there instead. `remedy` is how its query becomes one that gives one series."""
    match answer:
        case Scalar(value):
            found = value
        case Unusable(what):
            return Problem(Trouble.NOT_A_NUMBER, f"{brief(query)} gave {what} where a number is wanted.")
        case Vector(()):
            return Problem(Trouble.EMPTY, f"{brief(query)} gave nothing: no series matches it now.")
        case Vector((point,)):
            found = point.value
        case Vector(points):
            sentence = f"{brief(query)} gave {len(points):,} series where one is wanted: {remedy}."
            return Problem(Trouble.SEVERAL_SERIES, sentence)
    if isnan(found):
        return Problem(Trouble.NAN, f"{brief(query)} gave NaN, as a division by zero does: there is nothing to judge yet.")
    if not isfinite(found):
        return Problem(Trouble.NOT_A_NUMBER, f"{brief(query)} gave {found:g}, which can't be judged.")
    return found


def unanswered(error: ProviderError) -> Problem:
    """An error of the provider's as the reading of whoever asked."""
    return Problem(Trouble.TIMEOUT if error.kind is ErrorKind.TIMEOUT else Trouble.QUERY_ERROR, error.sentence)


def brief(query: str) -> str:
    """A query as it is named in sentences."""
    flat = " ".join(query.split())
    return f"Query `{flat if len(flat) <= 120 else flat[:117] + '...'}`"

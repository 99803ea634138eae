"""The one place where SQLAlchemy's and the drivers' errors become ours.

    Unavailable
    └── StoreUnavailable   no answer, or none that helps: keep the rows, try again later
    Refused
    └── RowRefused         this row can never be written, whoever asks and however often

Whatever is not plainly the fault of a row counts as unavailable, so that nothing is thrown away on a guess.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from canary.errors import Refused, Unavailable


class StoreUnavailable(Unavailable):
    """The database can't be reached or can't do its work for now."""


class RowRefused(Refused):
    """A row holds something that no database of ours can take."""


@contextmanager
def translated(database: str) -> Iterator[None]:
    """Raise what goes wrong inside as `StoreUnavailable` or `RowRefused`; `database` names it without its password."""
    try:
        yield
    except (OverflowError, UnicodeError) as error:  # from the drivers, for numbers and characters that they can't encode
        raise RowRefused(f"The database {database} can't take this row: {error}") from error
    except (SQLAlchemyError, OSError) as error:
        if _is_the_rows_fault(error):
            raise RowRefused(f"The database {database} can't take this row: {_gist(error)}") from error
        raise StoreUnavailable(f"The database {database} is not available: {_gist(error)}{_remedy(error)}") from error


def _is_the_rows_fault(error: Exception) -> bool:
    if isinstance(error, DBAPIError):
        return isinstance(error, DataError | IntegrityError)
    return isinstance(error, StatementError)


def _gist(error: Exception) -> str:
    """The first line of the driver's own words; SQLAlchemy's add the statement, its values and a link."""
    cause = error.orig if isinstance(error, StatementError) and error.orig else error
    if isinstance(cause, TimeoutError) and not str(cause):
        return "no answer within the deadline"
    return (str(cause).strip() or type(cause).__name__).splitlines()[0]


def _remedy(error: Exception) -> str:
    words = str(error)
    if "malformed" in words or "not a database" in words:
        return ". Move the file away: rollouts go on from their status, evidence starts afresh"
    return ""

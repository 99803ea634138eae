"""A Canary in one plain line: what `--watch` and `wait` print where there is no terminal to draw on."""

from canary.cli.reading import Reading


def progress_line(reading: Reading) -> str:
    """`reviews  Progressing  2/4  25%  Continue  Holds 25 % for 5m.` Equal lines mean that nothing worth saying changed."""
    status = reading.status
    if not reading.seen:
        return f"{reading.name}  not looked at by any controller yet"
    words = (reading.name, status.phase, status.step, status.weight, status.verdict, status.message)
    return "  ".join(str(word) for word in words if word)

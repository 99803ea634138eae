"""Charts into files."""

from pathlib import Path

from canary.errors import Invalid
from canary.plots.chart import Chart
from canary.plots.svg import svg


def write_svg(chart: Chart, file: Path) -> None:
    """Raises Invalid for another kind of file, and for a place that can't be written to."""
    if file.suffix.lower() != ".svg":
        raise Invalid(f"--image {file}: only SVG is drawn; name a file that ends in .svg.")
    try:
        file.write_text(svg(chart), encoding="utf-8")
    except OSError as error:
        raise Invalid(f"--image {file} can't be written: {error.strerror}.") from None

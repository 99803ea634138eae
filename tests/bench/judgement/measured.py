"""The benchmark's numbers into the docs, between their marks: nobody copies a table by hand.

python -m tests.bench.judgement --markdown bench.md --plot bench.svg
python -m tests.bench.judgement.measured bench.md bench.svg
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_OURS = "canary"
_NAMES = {
    _OURS: "**Canary**",
    "Flagger5": "Flagger, 5 failed checks",
    "Flagger10": "Flagger, 10 failed checks",
    "Argo3": "Argo Rollouts, `failureLimit: 3`",
    "Kayenta30": "Kayenta, half an hour",
    "Kayenta60": "Kayenta, an hour",
    "EP": "sequential, as in the textbook",
    "EP&block10": "two of these that must agree",
}
_SHORT = {
    _OURS: "**Canary**",
    "Flagger5": "Flagger5",
    "Argo3": "Argo3",
    "Kayenta60": "Kayenta60",
    "EP": "EP",
    "EP&block10": "EP&block10",
}
_HEALTHY = (
    ("bursts of 20 within 15 s", "burst20/15s/w*-pod*", "*x3"),
    ("bursts of 20 over 60 s", "burst20/60s/w*", "*x3"),
    ("bursts of 20 over 180 s", "burst20/180s/w*", "*x3"),
    ("two bursts of 50 an hour", "rare-bursts/*", "*x3"),
    ("pods that differ by half", "pods/*", "*/x*"),
    ("an incident of both versions", "shared-incident/*", ""),
    ("weights rise while errors rise", "ramp-moving-base", ""),
    ("3 % errors for 2 minutes, no warm-up", "cold-start/warm-up-0m", ""),
    ("3 % errors for 2 minutes, warm-up of 1 minute", "cold-start/warm-up-1m", ""),
    ("20 % errors for one minute", "blip-20%-1m", ""),
    ("1.26 % errors instead of 1.2 %", "5%-relative/1.2%", ""),
    ("half of stable's errors", "better/*", ""),
    ("ten metrics", "ten-metrics", ""),
    ("latency near the limit", "slow/healthy/*", ""),
)
_WORSE = (
    ("3 times the bursts, 25 and 50 %", "burst*s/w[25]*/x3", "*/w5/*|*/180s/*"),
    ("3 times the bursts, 5 %", "burst*s/w5/*/x3", "*/180s/*"),
    ("×3 beside rare bursts", "rare-bursts/*/x3", ""),
    ("×3 where pods differ", "pods/*/x3", ""),
    ("×10 where pods differ", "pods/*/x10", ""),
    ("×3 while weights and errors rise", "ramp-moving-base/x3", ""),
    ("×10 from minute 20 on, 10 and 100 rps", "delayed/x10/*", ""),
    ("+0.5 points from minute 20 on, 10 and 100 rps", "delayed/+0.5pp/*", ""),
    ("1.2 times slower", "slow/x1.2/*", ""),
    ("0.5 points more slow requests", "slow/tail+0.5pp/*", ""),
)
Row = Mapping[str, str]


def sections(markdown: str) -> dict[str, list[Row]]:
    """The benchmark's tables by title, each row by column."""
    found: dict[str, list[Row]] = {}
    for block in re.split(r"\n(?=### )", markdown):
        lines = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in block.splitlines() if line.startswith("|")]
        if lines:
            columns, _, *rows = lines
            found[block.splitlines()[0].lstrip("# ")] = [dict(zip(columns, row, strict=True)) for row in rows]
    return found


def glance(rows: Sequence[Row], names: Sequence[str]) -> Iterator[str]:
    """One line for each rule."""
    yield "| | usable of 192 | large regressions, median | bad requests served | worst healthy | worst burst | worst pods |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for row in rows:
        if row["method"] in names:
            worst = " | ".join(f"{row[f'worst {kind} %'].split(' ')[0]} %" for kind in ("healthy", "burst", "pods"))
            usable, minutes, served = row["usable"].split("/")[0], row["min, large"], row["excess / ours"]
            yield f"| {_NAMES[row['method']]} | {usable} | {minutes} min | {float(served):.1f}x | {worst} |"


def stress(rows: Mapping[str, Row], wanted: Sequence[tuple[str, str, str]], title: str, *, worst: bool) -> Iterator[str]:
    """One line for each kind of situation: the worst of it where nothing is wrong, else from the least to the most found."""
    yield f"| {title} | {' | '.join(_SHORT.values())} |"
    yield f"|---|{'--:|' * len(_SHORT)}"
    for label, pattern, without in wanted:
        some = [row for name, row in rows.items() if fnmatchcase(name, pattern) and not _matches(name, without)]
        cells = [sorted(float(row[method].split(" ")[0]) for row in some) for method in _SHORT]
        yield f"| {label} | {' | '.join(_written(cell, worst=worst) for cell in cells)} |"


def _matches(name: str, patterns: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns.split("|"))


def _written(shares: Sequence[float], *, worst: bool) -> str:
    least, most = f"{shares[0]:.3g}", f"{shares[-1]:.3g}"
    return most if worst or least == most else f"{least} to {most}"


def put(path: Path, lines: Sequence[str]) -> None:
    """Replaces what stands between the marks of a document."""
    text = path.read_text(encoding="utf-8")
    begin, end = "<!-- measured:begin -->\n", "<!-- measured:end -->"
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{path.name} has no marks {begin.strip()} and {end}")
    path.write_text("".join([before, begin, "\n".join(lines), "\n", end, after]), encoding="utf-8")


def main(markdown: Path, picture: Path) -> None:
    """Writes README.md, docs/judging.md and docs/images/judgement.svg."""
    text = markdown.read_text(encoding="utf-8")
    tables = sections(text)
    methods = tables["At a glance"]
    rows = {row["scenario"]: row for title in ("Nothing is wrong", "Something is wrong", "Latency") for row in tables[title]}
    put(ROOT / "README.md", list(glance(methods, (_OURS, "Flagger5", "Argo3", "Kayenta60", "EP"))))
    healthy = stress(rows, _HEALTHY, "healthy, rolled back in %, the worst of its situations", worst=True)
    worse = stress(rows, _WORSE, "worse, found in %, least to most of its situations", worst=False)
    told = text.rstrip().rpartition("\n")[2]
    put(ROOT / "docs" / "judging.md", [*glance(methods, tuple(_NAMES)), "", *healthy, "", *worse, "", told])
    (ROOT / "docs" / "images" / "judgement.svg").write_bytes(picture.read_bytes())


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))

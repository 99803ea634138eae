"""Links from one document to another lead somewhere, headings included."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_NO_WORD = re.compile(r"[^\w\- ]")


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub and GitLab make them."""
    lines = document.read_text(encoding="utf-8").splitlines()
    return {_NO_WORD.sub("", line.lstrip("# ").lower()).replace(" ", "-") for line in lines if line.startswith("#")}


def broken(document: Path) -> list[str]:
    """Its relative links that lead nowhere."""
    found = []
    for link in _LINK.findall(document.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    assert broken(document) == []

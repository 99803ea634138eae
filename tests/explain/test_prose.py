import io
from textwrap import dedent

from rich.console import Console

from canary.explain.prose import prose
from canary.explain.story import Story
from canary.explain.tell import tell
from tests.explain.records import a_rollout, at, some_records


def shown(story: Story, width: int = 160) -> str:
    text = io.StringIO()
    console = Console(file=text, width=width, no_color=True, highlight=False)
    for part in prose(story, at(500)):
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def test_why_it_was_rolled_back():
    assert shown(tell(some_records())) == dedent("""\
        reviews in bookinfo: rollout 3 was rolled back after 1m40s
        Canary fails 10 % of 100 requests, stable 1 %: 10x worse, evidence 50 of 40.

        tried     a1b2c3d4e5  reviews:v3, beside 6d4b75cb6d
        when      started 2026-11-21 14:00:00 UTC, ended 2026-11-21 14:01:40 UTC
        why       AnalysisFailed (metric errors)
        how fast  15.0 s from the first bad sign (+55s) to weight 0 (+1m10s); decided at +1m10s
        price     errors: 100 requests served by the canary, 10 of them bad, 9 more than at stable's share

        steps
          ✔ prepare  +0s  took 4s WaitingForPods 4s
          ✔ 1. 5%    +4s took 30s Holding 29s
          ✘ 2. 25%  +34s took 36s Holding 30s, WaitingForPods 6s

        metrics, as they stood last
          ✘ errors  Fail  canary 10 % of 100, stable 1 % of 1,000, 10x (4-21), evidence 50 of 40

        what happened
           +0s  Progressing: WaitingForPods  WaitingForPods.
           +4s  SettingWeight                SettingWeight.
           +4s  Holding                      Holding.
          +10s  ? errors NoData              Undecided.
          +25s  … errors Continue            Undecided.
          +34s  WaitingForPods               WaitingForPods.
          +35s  · alice pause (accepted)     because: lunch
          +40s  Holding                      Holding.
          +43s  ✔ test smoke Succeeded       Answered 200.
        +1m10s  ✘ errors Fail                Canary fails 10 % of 100 requests, stable 1 %: 10x worse, evidence 50 of 40.
        +1m10s  RollingBack: AnalysisFailed  Canary fails 10 % of 100 requests, stable 1 %: 10x worse, evidence 50 of 40. Out.
        +1m40s  RolledBack: AnalysisFailed   Canary fails 10 % of 100 requests, stable 1 %: 10x worse, evidence 50 of 40.
        """)


def test_a_rollout_that_is_under_way():
    running = a_rollout(ended_at=None, outcome=None, reason="Holding", sentence="Holds 25 %.")
    text = shown(tell(some_records(rollout=running, said=some_records().said[:5])))
    assert text.startswith("reviews in bookinfo: rollout 3 is under way for 8m20s\nHolds 25 %.\n")
    assert "▶ 2. 25%" in text


def test_what_is_missing_is_said():
    assert shown(tell(some_records(missing=("There is no database.",)))).endswith("\n\nThere is no database.\n")


def test_who_changed_the_template():
    assert "6d4b75cb6d, applied with kubectl at noon\n" in shown(tell(some_records(author="applied with kubectl at noon")))

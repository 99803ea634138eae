from textwrap import dedent

import pytest

from canary.plots.terminal import terminal
from tests.plots.charts import a_chart


def test_a_chart_in_a_narrow_terminal():
    drawn = "".join(f"{line.plain}\n" for line in terminal(a_chart(), width=40))
    assert dedent(drawn) == dedent("""\
                  Weight  ━ canary
            100 %┤
             80 %┤
             60 %┤
                 │               ⡖⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒
             40 %┤               ⡇
             20 %┤               ⡇
              0 %┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⡇
                  Evidence  ━ <bound>
              100┤
                 │⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉
               10┤
                 │
                1┤
                 │
                 │
                  0             1m            2m
        """)


@pytest.mark.parametrize("width", [10, 30, 61, 200])
def test_lines_are_as_wide_as_the_terminal_at_most(width):
    assert max(len(line.plain) for line in terminal(a_chart(), width=width)) <= max(width, 35)

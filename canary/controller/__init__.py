"""The shell around the planner: observe, plan, enact, record, and the machinery that decides when."""

from canary.lean import leave_out

leave_out("httpx._main")  # its command line, and the highlighting of 500 languages with it

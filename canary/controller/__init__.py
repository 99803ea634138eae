"""The shell around the planner: observe, plan, enact, record, and the machinery that decides when."""

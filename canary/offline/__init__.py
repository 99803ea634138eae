"""Rollouts on paper: counters, recorded or made up, played through the controller's own judge and planner without a cluster."""

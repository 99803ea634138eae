"""Real programs for tests: built, started and stopped by the project itself, on loopback."""

"""Judging a version from its metrics. Knows nothing of Kubernetes or of us."""

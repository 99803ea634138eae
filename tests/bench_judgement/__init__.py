"""Tests of the judgement benchmark: a benchmark that is wrong is worse than none."""

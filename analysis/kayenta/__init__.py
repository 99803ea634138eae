"""Kayenta's judge for those who come from it: its canary configs and metric lists in, its scores and results out.

The arithmetic is that of NetflixACAJudge-v1.0 (reference: judgement §1). Where that fails open this does not: see `scorer`.
"""

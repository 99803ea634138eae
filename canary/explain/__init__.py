"""The story of one rollout, from what was written down about it: why did it end the way it did?

Records (`database`, `resource`) become a story (`tell`), which is shown as prose, as a chart, or as a document for scripts.
"""

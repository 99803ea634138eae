"""How well the judge judges: seeded counters with a known truth, played through the controller's own path, peers beside it.

streams, shown      what happened, and what a scrape shows of it
catalogue           the scenarios: cells, stress, oddities, latency, missing
player, peers       who judges: ours, and the rules of others on the same counters
score, report, plot what it comes to
"""

"""How numbers become a verdict: one pure module per judge."""

"""The whole of it: a resource comes in, the world is observed, a plan decides, the decision is enacted and recorded."""

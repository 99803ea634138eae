"""The resource: its models, its CRD, its status, and the words in which bad input is refused."""

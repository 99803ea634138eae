"""The cluster: a thin, raw client, and caches that watches keep current."""

"""The cluster: a thin, raw client, and caches that watches keep current."""

from canary.lean import put_off

# The package imports all its halves; ours stands on the client and the configuration of the asyncio one (4 MiB less).
put_off(
    *(f"kubernetes.{name}" for name in ("client", "config", "dynamic", "watch", "stream", "utils", "leaderelection", "informer"))
)
put_off(*(f"kubernetes.aio.{name}" for name in ("dynamic", "watch", "stream", "utils", "leaderelection")))

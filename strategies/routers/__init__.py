"""The routers that exist, by the name that a resource gives in `spec.traffic.router`."""

from strategies.routers.base import Abilities, Router
from strategies.routers.smi import Smi

ROUTERS: dict[str, Router] = {router.name: router for router in (Smi(),)}
REPLICAS = "replicas"  # no object at all: the share of traffic is the share of pods
NAMES = (*ROUTERS, REPLICAS)

__all__ = ["NAMES", "REPLICAS", "ROUTERS", "Abilities", "Router"]

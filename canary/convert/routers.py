"""Which of our routers does what a mesh, an ingress or a gateway did elsewhere."""

from canary.convert.notes import Notes
from strategies.routers import NAMES, REPLICAS

_OURS = {
    "smi": "smi",
    "osm": "smi",
    "linkerd": "smi",
    "istio": "istio",
    "nginx": "nginx",
    "traefik": "traefik",
    "contour": "contour",
    "apisix": "apisix",
    "gatewayapi": "gateway",
    "plugins": "gateway",
    "kubernetes": REPLICAS,
}


def router_for(theirs: str, field: str, notes: Notes) -> str:
    """Our router for one of theirs, such as `smi:v1alpha2`; `replicas`, with a note, where there is none."""
    ours = _OURS.get(theirs.partition(":")[0].lower())
    if ours in NAMES:
        return ours
    notes.left_out(
        field,
        f"There is no router for {theirs} yet: written is replicas, where pods are the share of traffic ({', '.join(NAMES)}).",
    )
    return REPLICAS

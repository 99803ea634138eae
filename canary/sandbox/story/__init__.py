"""The story that the sandbox and the demo tell: the Service `reviews` of Istio's BookInfo, delivered by a Canary."""

from importlib.resources import files

import yaml

from canary.sandbox.objects import Object

NAMESPACE, APEX, PORT = "bookinfo", "reviews", 9080


def story() -> tuple[Object, ...]:
    """Its objects, in the order in which they are applied; fresh copies each time."""
    text = files(__package__).joinpath("bookinfo.yaml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load_all(text))

"""Who gives a command: the kubeconfig's user, else the login name. It is what the journal shows, not a proof."""

import getpass
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from canary.cli.cluster import Cluster

_LONGEST = 128


def whoami(cluster: Cluster) -> str:
    """Never fails: `unknown` at worst."""
    paths = cluster.kubeconfig or os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    named = user_of(_documents(paths.split(os.pathsep)), cluster.context)
    return (named or _login() or "unknown")[:_LONGEST]


def user_of(kubeconfigs: Iterable[Mapping[str, Any]], context: str | None) -> str | None:
    """The user of a context, of the current one by default; where several files name the same, the first wins."""
    documents = list(kubeconfigs)
    current = context or next((found for each in documents if (found := each.get("current-context"))), None)
    contexts = [found for each in documents for found in each.get("contexts") or () if isinstance(found, Mapping)]
    chosen = next((found for found in contexts if found.get("name") == current), {})
    user = (chosen.get("context") or {}).get("user")
    return str(user) if user else None


def _documents(paths: Iterable[str]) -> Iterable[Mapping[str, Any]]:
    for path in paths:
        try:
            found = yaml.safe_load(Path(path).expanduser().read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            continue  # the connection has its own, better words for a kubeconfig that can't be read
        if isinstance(found, Mapping):
            yield found


def _login() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in many containers
        return None

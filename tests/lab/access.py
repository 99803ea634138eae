"""Who may talk to the control plane: users with fixed tokens, and the kubeconfig files that carry them."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user of the API server; without groups it may do what RBAC grants to its name, which is nothing at first."""

    name: str
    token: str
    groups: tuple[str, ...] = ()


ADMIN = User(name="lab-admin", token="token-of-lab-admin", groups=("system:masters",))
RESTRICTED = User(name="lab-restricted", token="token-of-lab-restricted")
COMPONENTS = User(name="lab-components", token="token-of-lab-components", groups=("system:masters",))
USERS = (ADMIN, RESTRICTED, COMPONENTS)


def write_tokens(file: Path, users: Iterable[User] = USERS) -> Path:
    """A static token file as `kube-apiserver --token-auth-file` reads it."""
    rows = (f'{user.token},{user.name},{user.name},"{",".join(user.groups)}"' for user in users)
    file.write_text("\n".join(rows) + "\n")
    return file


def write_kubeconfig(file: Path, *, server: str, authority: Path, token: str) -> Path:
    """A kubeconfig with one context, in the namespace `default`."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab", "namespace": "default"}}],
        "clusters": [{"name": "lab", "cluster": {"server": server, "certificate-authority": str(authority)}}],
        "users": [{"name": "lab", "user": {"token": token}}],
    }
    fresh = file.with_suffix(f".{secrets.token_hex(4)}")
    fresh.write_text(json.dumps(config, indent=1))
    return fresh.replace(file)  # whole at every moment: a controller that is being started may be reading it

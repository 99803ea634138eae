"""How to reach the cluster and who we are there: a kubeconfig, or the service account of the pod that we run in.

Found in kubectl's order: what the caller names, `$KUBECONFIG`, `~/.kube/config`, the service account. Tokens of exec plugins are
kept fresh here, because the package neither renews them nor says when a plugin yields nothing.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config
from kubernetes.aio.config.exec_provider import ExecProvider

from canary.errors import Misconfigured
from canary.k8s.exec_token import ExecToken

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_UNREADABLE = (ConfigException, OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A cluster to talk to; `namespace` is where a person means to be, `token` None unless an exec plugin gives it."""

    configuration: Configuration
    namespace: str
    token: ExecToken | None


async def find_access(kubeconfig: str | None, context: str | None) -> Access:
    """Raises Misconfigured with the places that were looked at."""
    paths = _kubeconfig_paths(kubeconfig)
    return await _from_kubeconfig(paths, context) if paths is not None else _from_service_account()


def _kubeconfig_paths(kubeconfig: str | None) -> str | None:
    home = Path.home() / ".kube" / "config"
    paths = kubeconfig or os.environ.get("KUBECONFIG") or (str(home) if home.exists() else None)
    if paths is None:
        if "KUBERNETES_SERVICE_HOST" in os.environ:
            return None
        raise Misconfigured(f"No cluster to talk to: $KUBECONFIG is not set, {home} does not exist, and this is no pod.")
    if not any(Path(path).expanduser().is_file() for path in paths.split(os.pathsep) if path):
        raise Misconfigured(f"There is no kubeconfig at {paths}.")
    return paths


async def _from_kubeconfig(paths: str, context: str | None) -> Access:
    configuration = Configuration()
    try:
        loader = await load_kube_config(  # type: ignore[no-untyped-call]
            paths, context, client_configuration=configuration, persist_config=False
        )
    except _UNREADABLE as error:
        raise Misconfigured(f"The kubeconfig {paths} cannot be used: {_plain(error)}.") from error
    if not configuration.host.startswith(("http://", "https://")):
        raise Misconfigured(f"The kubeconfig {paths} names the server {configuration.host!r}, which is no http or https URL.")
    namespace = (loader.current_context.get("context") or {}).get("namespace") or "default"
    return Access(configuration=configuration, namespace=namespace, token=await _exec_token(loader, configuration))


async def _exec_token(loader: Any, configuration: Configuration) -> ExecToken | None:
    user = loader._user  # noqa: SLF001 - the package offers no other way to the plugin that it has just run
    if user is None or "exec" not in user:
        return None
    plugin = ExecProvider(user["exec"])  # type: ignore[no-untyped-call]
    if "BearerToken" not in configuration.api_key:
        if configuration.cert_file:
            return None
        await _explain_silence(plugin)
    expires = getattr(loader, "exec_plugin_expiry", None)
    return ExecToken(configuration, plugin.run, now=lambda: datetime.now(UTC), expires=expires)


async def _explain_silence(plugin: ExecProvider) -> None:
    # The loader has swallowed why the plugin gave nothing; asking once more tells.
    try:
        await plugin.run()  # type: ignore[no-untyped-call]
    except (ConfigException, OSError) as error:
        raise Misconfigured(f"The kubeconfig's exec plugin {plugin.args[0]} gives no credentials: {_plain(error)}.") from error
    raise Misconfigured(f"The kubeconfig's exec plugin {plugin.args[0]} answers with neither a token nor a certificate.")


def _from_service_account() -> Access:
    configuration = Configuration()
    try:
        load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    except _UNREADABLE as error:
        raise Misconfigured(f"This pod's service account cannot be used: {_plain(error)}.") from error
    stated = _SERVICE_ACCOUNT / "namespace"
    return Access(configuration=configuration, namespace=stated.read_text().strip() if stated.exists() else "default", token=None)


def _plain(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__

"""The two servers that must behave alike, and what tests do to them: kubectl, and plain HTTP."""

import asyncio
import json
import os
import secrets
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from canary.sandbox.apiserver import ApiServer
from canary.sandbox.resources import Resources
from canary.sandbox.store import Store
from tests.lab.access import ADMIN
from tests.lab.controlplane import ControlPlane
from tests.lab.waiting import eventually

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
AGENT = {"User-Agent": "contract/1.0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One server under test; `kubeconfig` points the real kubectl at it."""

    name: str
    client: httpx.Client
    kubeconfig: Path
    cache: Path

    def await_page(self, path: str) -> None:
        """Return when the path is served: a real server takes a moment from the definition to the kind."""
        assert eventually(lambda: self.client.get(path).status_code, 200) == 200

    def define(self, definition: dict[str, Any]) -> None:
        """Apply a CustomResourceDefinition and return when all its versions are served.

        `kubectl wait --for=condition=Established` would be the way, but it fails while the conditions are still null.
        """
        applied = self.kubectl("apply", "-f", "-", given=json.dumps(definition))
        assert applied.returncode == 0, applied.stderr
        spec = definition["spec"]
        for version in spec["versions"]:
            self.await_page(f"/apis/{spec['group']}/{version['name']}/{spec['names']['plural']}")

    def kubectl(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        files = {"KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(self.cache)}
        return subprocess.run(
            ["kubectl", *arguments], input=given, capture_output=True, text=True, check=False, timeout=60, env=os.environ | files
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A server with a namespace of the test's own."""

    server: Server
    namespace: str

    def kubectl(self, *arguments: str, given: Any = None) -> str:
        """Run kubectl in the namespace and give what it prints, complaints included, stripped; `given` goes to its stdin."""
        done = self.run(*arguments, given=given)
        return (done.stdout + done.stderr).strip()

    def run(self, *arguments: str, given: Any = None) -> subprocess.CompletedProcess[str]:
        text = given if given is None or isinstance(given, str) else json.dumps(given)
        return self.server.kubectl(*arguments, "--namespace", self.namespace, given=text)

    def url(self, api: str, plural: str, *rest: str) -> str:
        """`url("apps/v1", "deployments", "web", "status")`."""
        root = f"/apis/{api}" if "/" in api else f"/api/{api}"
        return "/".join([root, "namespaces", self.namespace, plural, *rest])

    def get(self, url: str, accept: str = "application/json", **params: str) -> Any:
        return self.server.client.get(url, params=params, headers={"Accept": accept}).json()

    def send(self, method: str, url: str, body: Any, kind: str = "application/json", **params: str) -> httpx.Response:
        headers = {"Content-Type": kind}
        content = None if body is None else json.dumps(body)
        return self.server.client.request(method, url, content=content, headers=headers, params=params)

    def create(self, url: str, body: Mapping[str, Any], **params: str) -> Any:
        return self.sent(201, self.send("POST", url, body, **params))

    def patch(self, url: str, body: Any, kind: str = MERGE, **params: str) -> Any:
        return self.sent(200, self.send("PATCH", url, body, kind, **params))

    def sent(self, expected: int, response: httpx.Response) -> Any:
        assert response.status_code == expected, response.text
        return response.json()

    def watch(self, url: str, count: int, **params: str) -> list[dict[str, Any]]:
        """The first events of a watch, at most `count`, and fewer when it ends before (`timeoutSeconds`)."""
        query = {"watch": "true", "timeoutSeconds": "20", **params}
        events: list[dict[str, Any]] = []
        with self.server.client.stream("GET", url, params=query) as response:
            for line in response.iter_lines():
                events.append(json.loads(line))
                if len(events) == count:
                    break
        return events


def outcome(response: httpx.Response) -> tuple[int, str, str]:
    """What a client acts on when it is refused: code, reason, sentence."""
    status = response.json()
    return response.status_code, status.get("reason", ""), status.get("message", "")


@contextmanager
def sandbox(folder: Path) -> Iterator[Server]:
    """The sandbox's server in a thread of its own, because the tests that talk to it block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = ApiServer(Store(), Resources())
    url = asyncio.run_coroutine_threadsafe(server.start(), loop).result(60)
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "sandbox", "cluster": {"server": url}}],
        "users": [{"name": "sandbox", "user": {}}],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "sandbox"}}],
        "current-context": "sandbox",
    }
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(json.dumps(config))
    try:
        with httpx.Client(base_url=url, headers=AGENT, trust_env=False, timeout=30) as client:
            yield Server(name="sandbox", client=client, kubeconfig=kubeconfig, cache=folder / "cache")
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def real(plane: ControlPlane, folder: Path) -> Iterator[Server]:
    """A real kube-apiserver, as its administrator."""
    authority = yaml.safe_load(plane.kubeconfig.read_text())["clusters"][0]["cluster"]["certificate-authority"]
    trusted = ssl.create_default_context(cafile=authority)
    headers = {**AGENT, "Authorization": f"Bearer {ADMIN.token}"}
    with httpx.Client(base_url=plane.url, headers=headers, verify=trusted, trust_env=False, timeout=30) as client:
        yield Server(name="real", client=client, kubeconfig=plane.kubeconfig, cache=folder / "cache")


def a_name(prefix: str) -> str:
    return f"{prefix}-{secrets.token_hex(3)}"

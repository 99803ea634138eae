"""The sandbox's API server in a thread of its own, so that verbs, which bring their own loop, can be called as a person does.

There is no controller: what one would write, the tests write.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Self, TypeVar

from click.testing import CliRunner, Result

from canary.api.crd import canary_crd
from canary.cli.following import following
from canary.cli.root import cli
from canary.k8s.client import Client, connect
from canary.k8s.names import COMMAND_ANNOTATION
from canary.k8s.resources import CANARY, CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, NAMESPACE
from canary.sandbox.apiserver import ApiServer
from canary.sandbox.resources import Resources
from canary.sandbox.store import Store
from canary.sandbox.world import write_kubeconfig
from tests.cli.states import a_canary

T = TypeVar("T")


class Plane:
    """Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.kubeconfig = folder / "kubeconfig"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="plane")
        self._server: ApiServer
        self._client: Client

    def __enter__(self) -> Self:
        self._thread.start()
        self.do(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it there, and wait for it here."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def run(self, *arguments: str) -> Result:
        """A verb, as in a terminal of somebody whose context is the sandbox's."""
        return CliRunner().invoke(cli, ["--kubeconfig", str(self.kubeconfig), "-n", "bookinfo", *arguments])

    def clear(self) -> None:
        """No Canaries and no Deployment."""
        for resource in (CANARY, DEPLOYMENT):
            for found in self.do(self._client.list(resource, namespace="bookinfo")).items:
                self.do(self._client.delete(resource, found["metadata"]["name"], namespace="bookinfo"))

    def put(self, name: str = "reviews") -> None:
        """A Canary that no controller has looked at."""
        made = a_canary(name=name)
        metadata = {"name": name, "namespace": "bookinfo"}
        self.do(self._client.apply(CANARY, {**made, "metadata": metadata}))

    def deploy(self, template: dict[str, Any]) -> None:
        """The Deployment that it tries."""
        spec = {"selector": {"matchLabels": template["metadata"]["labels"]}, "template": template}
        metadata = {"name": "reviews", "namespace": "bookinfo"}
        self.do(self._client.apply(DEPLOYMENT, {"metadata": metadata, "spec": spec}))

    def template(self) -> dict[str, Any]:
        """The Deployment's template, as the API server returns it."""
        found: dict[str, Any] = self.do(self._client.get(DEPLOYMENT, "reviews", namespace="bookinfo"))
        return found["spec"]["template"]  # type: ignore[no-any-return]

    def canary(self, name: str = "reviews") -> dict[str, Any]:
        """As it stands there."""
        return self.do(self._client.get(CANARY, name, namespace="bookinfo"))

    def command(self, name: str = "reviews") -> dict[str, str] | None:
        """The command that stands on it."""
        said = (self.canary(name)["metadata"].get("annotations") or {}).get(COMMAND_ANNOTATION)
        return None if said is None else json.loads(said)

    def status(self, status: dict[str, Any], name: str = "reviews") -> None:
        """What a controller would write; everything that was there before goes."""
        self.do(self._write(status, name))

    def whenever(self, met: Callable[[dict[str, Any]], bool], status: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Once a Canary is so, write that status, and take its command away."""
        asyncio.run_coroutine_threadsafe(self._answer(met, status), self._loop)

    async def _write(self, status: dict[str, Any], name: str) -> None:
        replaced = [{"op": "add", "path": "/status", "value": {"observedGeneration": 1, **status}}]
        await self._client.json_patch(CANARY, name, replaced, namespace="bookinfo", subresource="status")

    async def _answer(self, met: Callable[[dict[str, Any]], bool], status: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        async with following(self._client, "bookinfo", "reviews") as followed:
            while followed.newest is None or not met(followed.newest):
                await followed.changed()
            await self._write(status(followed.newest), "reviews")
        gone = {"metadata": {"annotations": {COMMAND_ANNOTATION: None}}}
        await self._client.merge_patch(CANARY, "reviews", gone, namespace="bookinfo")

    async def _start(self) -> None:
        resources = Resources()
        self._server = ApiServer(Store(), resources)
        write_kubeconfig(self.kubeconfig, await self._server.start())
        self._client = await connect(str(self.kubeconfig))
        await self._client.apply(CUSTOM_RESOURCE_DEFINITION, canary_crd())
        await self._client.apply(NAMESPACE, {"metadata": {"name": "bookinfo"}})

    async def _stop(self) -> None:
        await self._client.close()
        await self._server.stop()

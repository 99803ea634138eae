"""Nothing is promoted without evidence, and nothing is rolled back for lack of it."""

from typing import Self

import pytest

from canary.sandbox.http1 import ProtocolError, Request, Response, text
from canary.sandbox.servers import Client, Server
from tests.e2e.plane import Plane
from tests.e2e.stage import JUDGED, Stage, a_canary, steps

pytestmark = pytest.mark.lab


class Gate:
    """The way to Prometheus, which can be closed: then it hangs up on everybody."""

    def __init__(self, plane: Plane, behind: str) -> None:
        self.open = True
        self._plane = plane
        host, _, port = behind.removeprefix("http://").partition(":")
        self._behind = (host, int(port))
        self._client = Client()
        self._server = Server(self._pass)

    def __enter__(self) -> Self:
        self.url = "http://{}:{}".format(*self._plane.run(self._server.start()))
        return self

    def __exit__(self, *_: object) -> None:
        self._plane.run(self._server.stop(0.1))
        self._client.close()

    async def _pass(self, request: Request) -> Response:
        if not self.open:
            raise ConnectionAbortedError
        try:
            return await self._client.send(self._behind, request)
        except ProtocolError as error:
            return text(502, str(error))


def test_without_its_metrics_a_rollout_holds_and_goes_on_when_they_are_back(stage: Stage) -> None:
    with Gate(stage.plane, stage.prometheus) as gate, stage.controlled(prometheus=gate.url):
        stage.adopt(a_canary(analysis=JUDGED, strategy=steps(20, 100)))
        visitors = stage.visit()
        gate.open = False
        stage.deploy("v2")
        stage.until(lambda: (stage.status("reason"), stage.status("verdict"), stage.share()), ("AnalysisError", "Error", 20))
        assert gate.url in stage.status("message")
        gate.open = True  # soon: after a few failures in a row a provider is left alone for half a minute
        stage.until(lambda: (stage.phase(), stage.running()), ("Promoted", ["v2", "v2"]))
        assert (stage.shares_seen(), visitors.errors) == ([0, 20, 100, 0, None], 0)


def test_without_visitors_a_rollout_holds_until_there_are_some(stage: Stage) -> None:
    with stage.controlled():
        stage.adopt(a_canary(analysis={**JUDGED, "noDataAfter": "2s"}, strategy=steps(20, 100)))
        stage.deploy("v2")
        stage.until(lambda: (stage.phase(), stage.status("reason"), stage.status("verdict")), ("Paused", "NoData", "NoData"))
        assert stage.shares_seen() == [0, 20]
        stage.visit()
        stage.until(lambda: (stage.phase(), stage.running()), ("Promoted", ["v2", "v2"]))

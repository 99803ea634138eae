"""A real Prometheus on loopback whose targets a test changes while it runs."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Self

import httpx

from tests.lab.parts import locate
from tests.lab.processes import Program, free_port

START = timedelta(seconds=30)
JOB = "lab"


class Prometheus:
    """Start it with `with Prometheus() as prometheus:`, then tell it by `scrape` whom to ask."""

    def __init__(self, *, scrape_interval: timedelta = timedelta(seconds=1)) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self._interval = f"{int(scrape_interval / timedelta(milliseconds=1))}ms"
        self._folder = Path(tempfile.mkdtemp(prefix="canary-lab-prometheus-"))
        self._targets = self._folder / "targets.json"
        self._program: Program | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def scrape(self, targets: Mapping[str, Mapping[str, str]]) -> None:
        """Scrape exactly these `host:port` addresses from now on, each with its labels.

        Prometheus looks at discovered targets only every five seconds, which no flag changes. A test in a hurry lets one
        target speak for many pods: labels in what it exposes win over labels given here.
        """
        groups = [{"targets": [address], "labels": dict(labels)} for address, labels in targets.items()]
        # Renamed into place, so that Prometheus never reads half a file.
        unfinished = self._targets.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(groups))
        unfinished.replace(self._targets)

    def query(self, expression: str) -> Sequence[tuple[Mapping[str, str], float]]:
        """The labels and the value of each series that an instant query answers with now."""
        with httpx.Client(base_url=self.url, trust_env=False) as client:
            answer = client.get("/api/v1/query", params={"query": expression}).raise_for_status().json()
        return [(each["metric"], float(each["value"][1])) for each in answer["data"]["result"]]

    def start(self) -> None:
        """Return when it answers queries; `ProgramFailedError` with its log when it does not."""
        binary = locate("prometheus")
        if binary is None:
            raise FileNotFoundError("The lab has no prometheus; `python -m tests.lab.build` builds it.")
        self.scrape({})
        flags = (
            f"--config.file={self._config()}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
            "--scrape.discovery-reload-interval=100ms",
            "--enable-feature=native-histograms",
        )
        self._program = Program([binary, *flags], log=self._folder / "prometheus.log")
        try:
            with httpx.Client(base_url=self.url, trust_env=False) as client:
                self._program.wait_until(lambda: _ready(client), within=START, what="readiness")
        except BaseException:
            self._program.kill()
            raise

    def stop(self) -> None:
        """End it and remove its files; nobody reads them again, so it need not write them out first."""
        if self._program:
            self._program.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _config(self) -> Path:
        discovery = {"files": [str(self._targets)], "refresh_interval": "1s"}
        scraping = {"job_name": JOB, "honor_labels": True, "file_sd_configs": [discovery]}
        times = {"scrape_interval": self._interval, "scrape_timeout": self._interval}
        file = self._folder / "prometheus.yml"
        # JSON is YAML.
        file.write_text(json.dumps({"global": times, "scrape_configs": [scraping]}))
        return file


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/-/ready").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False

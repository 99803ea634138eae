"""A real Kubernetes control plane on loopback: etcd and kube-apiserver, and with profile `full` also the controllers,
the scheduler, and kwok in the place of kubelets. Everything it writes is in one temporary folder.

In profile `apiserver` nothing acts on objects: no ReplicaSets appear, a deleted namespace stays Terminating, and the
cluster roles `view`, `edit` and `admin` stay empty.
"""

import json
import os
import shutil
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

import httpx

from tests.lab import audit
from tests.lab.access import ADMIN, COMPONENTS, RESTRICTED, User, write_kubeconfig, write_tokens
from tests.lab.parts import locate
from tests.lab.processes import Program, ProgramFailedError, free_port

Profile = Literal["apiserver", "full"]

POD_ADDRESSES = "10.244.0.0/16"
STAGES = Path(__file__).with_name("stages.yaml")
START = timedelta(seconds=90)
NODES = 2


class ControlPlane:
    """Start it with `with ControlPlane(profile="full") as cluster:`; leaving the block stops every program of it."""

    def __init__(self, *, profile: Profile = "apiserver"):
        self.profile: Profile = profile
        self.folder = Path(tempfile.mkdtemp(prefix="canary-lab-"))
        self.url = f"https://127.0.0.1:{free_port()}"
        self._etcd = f"http://127.0.0.1:{free_port()}"
        self._authority = self.folder / "apiserver" / "apiserver.crt"
        self._audit = self.folder / "audit.log"
        self._kubectl_cache = self.folder / "kubectl-cache"
        self._programs: list[Program] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.kubeconfig_of(ADMIN)

    @property
    def restricted_kubeconfig(self) -> Path:
        """That of the user `lab-restricted`, who may do what a test grants to this name."""
        return self.kubeconfig_of(RESTRICTED)

    def kubeconfig_of(self, user: User) -> Path:
        """A kubeconfig that carries the token of `user`."""
        return self._kubeconfig(user.name, user.token)

    def service_account_kubeconfig(self, namespace: str, name: str) -> Path:
        """A kubeconfig that carries a fresh token of an existing ServiceAccount."""
        made = self.kubectl("create", "token", name, "--namespace", namespace, check=True)
        return self._kubeconfig(f"{namespace}.{name}", made.stdout.strip())

    def kubectl(
        self,
        *arguments: str,
        input: str | None = None,  # noqa: A002  # as subprocess.run calls it
        kubeconfig: Path | None = None,
        check: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run the real kubectl as the administrator, or with another kubeconfig.

        With `check`, an exit code other than 0 raises `ProgramFailedError` with what kubectl complained about.
        """
        files = {"KUBECONFIG": str(kubeconfig or self.kubeconfig), "KUBECACHEDIR": str(self._kubectl_cache)}
        done = subprocess.run(
            [str(_program("kubectl")), *arguments],
            input=input,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=os.environ | files,
        )
        if check and done.returncode:
            raise ProgramFailedError(f"kubectl {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        return done

    def forget_discovery(self) -> None:
        """Let kubectl look again which kinds and versions are served, which it remembers for hours."""
        shutil.rmtree(self._kubectl_cache, ignore_errors=True)

    def requests(self, user_agent: str = "") -> list[audit.AuditedRequest]:
        """Requests that the API server has answered or begun to stream, those of the control plane itself left out."""
        return audit.read(self._audit, user_agent=user_agent)

    def start(self) -> None:
        """Return when the API server is ready and, with profile `full`, nodes take pods.

        Raises `ProgramFailedError` with the log of the program that failed; then nothing is left running.
        """
        try:
            self._start_etcd()
            self._start_apiserver()
            if self.profile == "full":
                self._start_controllers()
                self._start_nodes()
        except BaseException:
            self.stop(keep_logs=True)
            raise

    def stop(self, *, keep_logs: bool = False) -> None:
        """Stop in reverse order: an API server whose etcd went first lingers on its port."""
        while self._programs:
            self._programs.pop().stop()
        if not keep_logs:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _kubeconfig(self, name: str, token: str) -> Path:
        file = self.folder / f"{name}.kubeconfig"
        return write_kubeconfig(file, server=self.url, authority=self._authority, token=token)

    def _run(self, name: str, *flags: str) -> Program:
        program = Program([_program(name), *flags], log=self.folder / f"{name}.log")
        self._programs.append(program)
        return program

    def _start_etcd(self) -> None:
        peers = f"http://127.0.0.1:{free_port()}"
        etcd = self._run(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={self._etcd}",
            f"--advertise-client-urls={self._etcd}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        )
        with httpx.Client(trust_env=False) as client:
            etcd.wait_until(lambda: _answers(client, f"{self._etcd}/health"), within=START, what="health")

    def _start_apiserver(self) -> None:
        certificates = self._authority.parent
        apiserver = self._run(
            "kube-apiserver",
            f"--etcd-servers={self._etcd}",
            f"--cert-dir={certificates}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.url.rsplit(':', 1)[1]}",
            "--service-cluster-ip-range=10.96.0.0/16",
            f"--token-auth-file={write_tokens(self.folder / 'tokens.csv')}",
            "--authorization-mode=RBAC",
            "--endpoint-reconciler-type=none",
            *self._service_account_flags(),
            "--disable-admission-plugins=ServiceAccount",
            f"--audit-policy-file={self._audit_policy()}",
            f"--audit-log-path={self._audit}",
        )
        authorized = {"Authorization": f"Bearer {COMPONENTS.token}"}
        # The server makes its certificate while it starts, so there is nothing to verify against yet.
        with httpx.Client(trust_env=False, verify=False, headers=authorized) as client:
            apiserver.wait_until(lambda: _answers(client, f"{self.url}/readyz"), within=START, what="readiness")
            default = f"{self.url}/api/v1/namespaces/default"
            apiserver.wait_until(lambda: _answers(client, default), within=START, what="namespace default")

    def _service_account_flags(self) -> tuple[str, ...]:
        key = self.folder / "service-accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
        return (
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-account-issuer=https://kubernetes.default.svc",
        )

    def _audit_policy(self) -> Path:
        file = self.folder / "audit-policy.json"
        file.write_text(json.dumps(audit.POLICY))
        return file

    def _start_controllers(self) -> None:
        access = self.kubeconfig_of(COMPONENTS)
        # Port 0 serves nothing: the default ports collide quietly where a second control plane runs on this machine.
        common = (
            f"--kubeconfig={access}",
            "--leader-elect=false",
            "--secure-port=0",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
        )
        key = self.folder / "service-accounts.key"
        self._run("kube-controller-manager", *common, f"--service-account-private-key-file={key}")
        self._run("kube-scheduler", *common)

    def _start_nodes(self) -> None:
        kwok = self._run(
            "kwok",
            f"--kubeconfig={self.kubeconfig_of(COMPONENTS)}",
            f"--config={STAGES}",
            "--manage-all-nodes=true",
            f"--cidr={POD_ADDRESSES}",
            # Without leases its nodes are NotReady after 40 s, and their pods with them.
            "--node-lease-duration-seconds=40",
            f"--server-address=127.0.0.1:{free_port()}",
        )
        nodes = {"apiVersion": "v1", "kind": "List", "items": [_node(f"lab-node-{number}") for number in range(NODES)]}
        self.kubectl("apply", "-f", "-", input=json.dumps(nodes), check=True)
        kwok.wait_until(self._nodes_take_pods, within=START, what="nodes that take pods")

    def _nodes_take_pods(self) -> bool:
        for program in self._programs:
            if not program.running:
                raise ProgramFailedError(f"{program.name} ended before nodes took pods\n{program.last_words()}")
        listed = json.loads(self.kubectl("get", "nodes", "-o", "json", check=True).stdout)["items"]
        ready = [
            each
            for each in listed
            if not each["spec"].get("taints")
            and any(known["type"] == "Ready" and known["status"] == "True" for known in each["status"].get("conditions", ()))
        ]
        return len(ready) == NODES


def _program(name: str) -> Path:
    found = locate(name)
    if found is None:
        raise FileNotFoundError(f"The lab has no {name}; `python -m tests.lab.build` builds it.")
    return found


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _node(name: str) -> dict[str, object]:
    room = {"cpu": "1k", "memory": "4Ti", "pods": "10k"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "type": "kwok"}},
        "status": {"allocatable": room, "capacity": room},
    }

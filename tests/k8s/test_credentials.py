import json
import sys
from pathlib import Path

import pytest

from canary.errors import Misconfigured, Unauthorized
from canary.k8s.client import connect
from canary.k8s.resources import POD
from tests.k8s.conftest import a_kubeconfig
from tests.k8s.scripted import Answer, Scripted, status

COUNTING_PLUGIN = """
import json, pathlib, sys
runs = pathlib.Path(sys.argv[1])
runs.write_text(runs.read_text() + "x" if runs.exists() else "x")
token = "token-" + str(len(runs.read_text()))
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token}}))
"""


def an_exec_user(program: str, *arguments: str) -> dict:
    args = ["-c", program, *arguments]
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": args}}


@pytest.fixture
def kubeconfig(tmp_path: Path):
    def write(content: dict | str) -> str:
        path = tmp_path / "kubeconfig"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


async def test_no_file_there(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    with pytest.raises(Misconfigured, match=f"^There is no kubeconfig at {missing}\\.$"):
        await connect(str(missing))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "cannot be used"),
        ("", "cannot be used"),
        ("just text", "cannot be used"),
        ({"apiVersion": "v1", "kind": "Config"}, "cannot be used"),
        (a_kubeconfig("http://127.0.0.1:1", {}) | {"current-context": "elsewhere"}, "name elsewhere in"),
        (a_kubeconfig("127.0.0.1:1", {}), "no http or https URL"),
    ],
)
async def test_files_that_make_no_sense(kubeconfig, content: dict | str, words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        await connect(kubeconfig(content))


async def test_a_context_that_is_not_the_current_one(kubeconfig) -> None:
    config = a_kubeconfig("http://127.0.0.1:1", {})
    config["contexts"].append({"name": "there", "context": {"cluster": "loopback"}})
    async with await connect(kubeconfig(config), "there") as client:
        assert (client.namespace, client.server) == ("default", "http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("raise SystemExit('log in first')", "gives no credentials: .*log in first"),
        ("print('hello')", "gives no credentials: .*decode"),
        (
            'print(\'{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {}}\')',
            "answers with neither a token nor a certificate",
        ),
    ],
)
async def test_exec_plugins_that_yield_nothing_fail_at_once(kubeconfig, program: str, words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        await connect(kubeconfig(a_kubeconfig("http://127.0.0.1:1", an_exec_user(program))))


async def test_an_exec_plugin_that_is_not_installed(kubeconfig) -> None:
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin"}}
    with pytest.raises(Misconfigured, match="exec plugin no-such-plugin gives no credentials"):
        await connect(kubeconfig(a_kubeconfig("http://127.0.0.1:1", user)))


async def test_a_refused_exec_token_is_renewed_and_tried_again(kubeconfig, server: Scripted, tmp_path: Path) -> None:
    server.answers += [Answer({}), status(401, "Unauthorized"), Answer({})]
    user = an_exec_user(COUNTING_PLUGIN, str(tmp_path / "runs"))
    async with await connect(kubeconfig(a_kubeconfig(server.url, user))) as client:
        await client.get(POD, "a")
        await client.get(POD, "a")
    sent = [seen.headers["Authorization"] for seen in server.seen]
    assert sent == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


async def test_a_plugin_whose_tokens_are_never_accepted_runs_now_and_then(kubeconfig, server: Scripted, tmp_path: Path) -> None:
    server.answers += [status(401, "Unauthorized") for _ in range(4)]
    user = an_exec_user(COUNTING_PLUGIN, str(tmp_path / "runs"))
    async with await connect(kubeconfig(a_kubeconfig(server.url, user))) as client:
        for _ in range(3):
            with pytest.raises(Unauthorized):
                await client.get(POD, "a")
    assert ((tmp_path / "runs").read_text(), len(server.seen)) == ("xx", 4)


async def test_several_files_as_kubectl_reads_them(tmp_path: Path) -> None:
    whole = a_kubeconfig("http://127.0.0.1:1", {"token": "t"})
    (tmp_path / "one").write_text(json.dumps(whole | {"users": []}))
    (tmp_path / "two").write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "users": whole["users"]}))
    async with await connect(f"{tmp_path / 'one'}:{tmp_path / 'two'}") as client:
        assert client.server == "http://127.0.0.1:1"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that names no cluster."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return monkeypatch


async def test_an_environment_without_a_cluster(nowhere: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        await connect()
    home = tmp_path / ".kube" / "config"
    expected = f"No cluster to talk to: $KUBECONFIG is not set, {home} does not exist, and this is no pod."
    assert caught.value.sentence == expected


async def test_the_kubeconfig_of_the_environment_goes_before_that_of_the_home(
    nowhere: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = tmp_path / ".kube"
    home.mkdir()
    (home / "config").write_text(json.dumps(a_kubeconfig("http://127.0.0.1:1", {})))
    async with await connect() as client:
        assert client.server == "http://127.0.0.1:1"
    (tmp_path / "other").write_text(json.dumps(a_kubeconfig("http://127.0.0.1:2", {})))
    nowhere.setenv("KUBECONFIG", str(tmp_path / "other"))
    async with await connect() as client:
        assert client.server == "http://127.0.0.1:2"


async def test_a_pod_without_its_token(nowhere: pytest.MonkeyPatch) -> None:
    nowhere.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    nowhere.setenv("KUBERNETES_SERVICE_PORT", "443")
    with pytest.raises(Misconfigured, match=r"^This pod's service account cannot be used: Service token"):
        await connect()

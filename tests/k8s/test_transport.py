import pytest
from kubernetes.aio.client.configuration import Configuration

from canary.k8s.transport import Transport

PROXY = "http://127.0.0.1:3128"


@pytest.mark.parametrize(
    ("server", "environment", "expected"),
    [
        ("https://10.0.0.1:6443", {}, False),
        ("https://10.0.0.1:6443", {"HTTPS_PROXY": PROXY}, True),
        ("http://10.0.0.1:8080", {"HTTPS_PROXY": PROXY}, False),
        ("https://10.0.0.1:6443", {"HTTPS_PROXY": PROXY, "NO_PROXY": "10.0.0.1"}, False),
    ],
)
def test_the_environment_is_asked_only_where_a_proxy_applies(
    monkeypatch: pytest.MonkeyPatch, server: str, environment: dict[str, str], expected: bool
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    configuration = Configuration(host=server)
    Transport(configuration)
    assert configuration.client_session_kwargs == {"trust_env": expected}

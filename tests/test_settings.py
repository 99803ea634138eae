"""Settings: flags before variables before defaults, and refusals that name the variable and the remedy."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.plan import Dialect
from canary.errors import Misconfigured
from canary.logs import LogFormat, LogLevel
from canary.settings import Bind, Settings, load_settings, variable

HOME = {"HOME": "/home/ada"}


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(Misconfigured) as refused:
        load_settings(HOME | environ)
    return str(refused.value)


def test_nothing_needs_to_be_set() -> None:
    assert load_settings(HOME) == Settings(state_dir=Path("/home/ada/.local/state/canary"))


def test_variables_set_everything() -> None:
    environ = {
        "CANARY_KUBECONFIG": "/etc/kubeconfig",
        "CANARY_CONTEXT": "kind",
        "CANARY_NAMESPACE": "bookinfo",
        "CANARY_STATE_DIR": "/var/lib/canary",
        "CANARY_DATABASE": "postgresql://canary:secret@db/canary",
        "CANARY_PROMETHEUS": "http://prometheus:9090/",
        "CANARY_PROMETHEUS_DIALECT": "http",
        "CANARY_QUERY_TIMEOUT": "2s",
        "CANARY_LOG_FORMAT": "console",
        "CANARY_LOG_LEVEL": "debug",
        "CANARY_HTTP": "0.0.0.0:9090",
        "CANARY_WORKERS": "4",
        "CANARY_RETENTION": "30d",
        "CANARY_HOOK_HOSTS": ".svc, Hooks.Example.com",
        "CANARY_HOOK_PROXY": "http://127.0.0.1:4140",
        "CANARY_HOOK_LOOPBACK": "true",
    }
    settings = load_settings(environ)
    assert settings.model_dump(exclude={"database", "http"}) == {
        "kubeconfig": "/etc/kubeconfig",
        "context": "kind",
        "namespace": "bookinfo",
        "state_dir": Path("/var/lib/canary"),
        "prometheus": "http://prometheus:9090",
        "prometheus_dialect": Dialect.HTTP,
        "query_timeout": "2s",
        "log_format": LogFormat.CONSOLE,
        "log_level": LogLevel.DEBUG,
        "workers": 4,
        "retention": "30d",
        "hook_hosts": (".svc", "hooks.example.com"),
        "hook_proxy": "http://127.0.0.1:4140",
        "hook_loopback": True,
    }
    assert settings.http == Bind(host="0.0.0.0", port=9090)
    assert settings.query_timeout == timedelta(seconds=2)
    assert settings.database is not None
    assert settings.database.get_secret_value() == "postgresql://canary:secret@db/canary"


def test_a_flag_comes_before_its_variable_and_an_absent_flag_does_not() -> None:
    environ = HOME | {"CANARY_WORKERS": "4", "CANARY_NAMESPACE": "bookinfo"}
    settings = load_settings(environ, {"workers": 2, "namespace": None})
    assert (settings.workers, settings.namespace) == (2, "bookinfo")


def test_an_empty_variable_counts_as_unset() -> None:
    assert load_settings(HOME | {"CANARY_NAMESPACE": ""}).namespace is None


def test_kubectls_variable_is_understood_and_ours_comes_first() -> None:
    assert load_settings(HOME | {"KUBECONFIG": "/a"}).kubeconfig == "/a"
    assert load_settings(HOME | {"KUBECONFIG": "/a", "CANARY_KUBECONFIG": "/b"}).kubeconfig == "/b"


def test_the_state_directory_follows_the_xdg_variable() -> None:
    assert load_settings({"XDG_STATE_HOME": "/state"}).state_dir == Path("/state/canary")


def test_what_kubernetes_puts_into_a_pod_beside_a_service_called_canary_does_no_harm() -> None:
    environ = HOME | {"CANARY_PORT": "tcp://10.0.0.1:80", "CANARY_SERVICE_HOST": "10.0.0.1"}
    assert load_settings(environ) == load_settings(HOME)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("workers", "0", 'CANARY_WORKERS (--workers) is "0" but must be a whole number from 1 to 64.'),
        ("workers", "many", 'CANARY_WORKERS (--workers) is "many" but must be a whole number from 1 to 64.'),
        ("query_timeout", "5", 'CANARY_QUERY_TIMEOUT (--query-timeout) is "5" but must be a duration such as 5s.'),
        ("log_level", "loud", 'CANARY_LOG_LEVEL (--log-level) is "loud" but must be debug, info, warning or error.'),
        ("http", "8080", None),
        ("http", "localhost", 'CANARY_HTTP (--http) is "localhost" but must be host:port to listen on, as 0.0.0.0:8080.'),
        (
            "http",
            "localhost:99999",
            'CANARY_HTTP (--http) is "localhost:99999" but must be host:port to listen on, as 0.0.0.0:8080.',
        ),
        (
            "prometheus",
            "prometheus:9090",
            'CANARY_PROMETHEUS (--prometheus) is "prometheus:9090" but must be the address of a Prometheus, as http://prometheus:9090.',
        ),
        (
            "namespace",
            "Book_Info",
            'CANARY_NAMESPACE (--namespace) is "Book_Info" but must be one namespace; unset to watch all.',
        ),
        (
            "hook_hosts",
            "http://x/",
            (
                'CANARY_HOOK_HOSTS (--hook-hosts) is "http://x/" but must be'
                " host names or endings that tests and hooks may call, as .svc,hooks.example.com; unset for any."
            ),
        ),
    ],
)
def test_a_refusal_names_the_variable_and_the_remedy(name: str, value: str, sentence: str | None) -> None:
    if sentence is None:
        assert load_settings(HOME | {variable(name): value}).http == Bind(host="0.0.0.0", port=8080)
    else:
        assert refusal({variable(name): value}) == sentence


def test_every_bad_setting_is_named_at_once() -> None:
    said = refusal({"CANARY_WORKERS": "0", "CANARY_LOG_LEVEL": "loud"})
    assert "CANARY_WORKERS" in said
    assert "CANARY_LOG_LEVEL" in said


def test_a_password_is_in_no_sentence_and_no_repr() -> None:
    assert "hunter2" not in refusal({"CANARY_HOOK_PROXY": "ftp://canary:hunter2@proxy"})
    assert "hunter2" not in refusal({"CANARY_DATABASE": "mysql://canary:hunter2@db/canary"})
    assert "hunter2" not in repr(load_settings(HOME | {"CANARY_DATABASE": "postgresql://canary:hunter2@db/canary"}))


def test_an_unknown_flag_lists_the_known_settings() -> None:
    with pytest.raises(Misconfigured, match="There is no setting worker; known are kubeconfig, context"):
        load_settings(HOME, {"worker": 3})


def what_is_said_of(name: str, text: str) -> str | None:
    try:
        load_settings(HOME | {variable(name): text})
    except Misconfigured as refused:
        return str(refused)
    return None


@given(st.sampled_from(sorted(Settings.model_fields)), st.text(max_size=30))
def test_any_text_is_understood_or_refused_with_a_sentence(name: str, text: str) -> None:
    said = what_is_said_of(name, text)
    assert said is None or said.startswith(variable(name))

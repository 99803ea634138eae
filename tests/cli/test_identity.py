"""Who gives a command."""

import pytest

from canary.cli.cluster import Cluster
from canary.cli.identity import user_of, whoami

WORK = {
    "current-context": "prod",
    "contexts": [{"name": "prod", "context": {"user": "alice"}}, {"name": "test", "context": {"user": "bob"}}],
}


@pytest.mark.parametrize(
    ("kubeconfigs", "context", "user"),
    [
        ([WORK], None, "alice"),
        ([WORK], "test", "bob"),
        ([WORK], "elsewhere", None),
        ([], None, None),
        ([{"current-context": "test"}, WORK], None, "bob"),
        ([{"contexts": None}, WORK], None, "alice"),
    ],
)
def test_the_user_of_the_context(kubeconfigs: list, context: str | None, user: str | None) -> None:
    assert user == user_of(kubeconfigs, context)


def test_without_a_kubeconfig_it_is_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "carol")
    assert whoami(Cluster(kubeconfig="/nowhere")) == "carol"

import json

import pytest

from tests.lab.access import COMPONENTS
from tests.lab.controlplane import ControlPlane
from tests.lab.parts import KUBERNETES
from tests.lab.waiting import eventually

pytestmark = pytest.mark.lab


def test_it_says_which_kubernetes_it_is(control_plane_apiserver):
    told = json.loads(control_plane_apiserver.kubectl("get", "--raw", "/version", check=True).stdout)
    assert (f"v{KUBERNETES}", "1", "36") == (told["gitVersion"], told["major"], told["minor"])


def test_the_restricted_user_may_do_what_it_is_granted(control_plane_apiserver):
    cluster = control_plane_apiserver

    def may(verb):
        asked = cluster.kubectl("auth", "can-i", verb, "configmaps", kubeconfig=cluster.restricted_kubeconfig)
        return asked.stdout.strip()

    before = may("list")
    cluster.kubectl("create", "role", "lab-lists", "--verb=list", "--resource=configmaps", check=True)
    cluster.kubectl("create", "rolebinding", "lab-lists", "--role=lab-lists", "--user=lab-restricted", check=True)
    after = eventually(lambda: (may("list"), may("delete")), ("yes", "no"))
    cluster.kubectl("delete", "role,rolebinding", "lab-lists", check=True)
    assert (before, after) == ("no", ("yes", "no"))


def test_a_service_account_speaks_for_itself(control_plane_apiserver):
    cluster = control_plane_apiserver
    cluster.kubectl("create", "serviceaccount", "lab", check=True)
    kubeconfig = cluster.service_account_kubeconfig("default", "lab")
    told = cluster.kubectl("auth", "whoami", "-o", "json", kubeconfig=kubeconfig, check=True).stdout
    assert json.loads(told)["status"]["userInfo"]["username"] == "system:serviceaccount:default:lab"


def test_the_audit_log_tells_who_asked_for_what(control_plane_apiserver):
    cluster = control_plane_apiserver
    cluster.kubectl("create", "configmap", "audited", check=True)
    told = [
        (each.verb, each.resource, each.namespace, each.name, each.user, each.code)
        for each in cluster.requests(user_agent="kubectl/")
        if each.verb == "create" and each.resource == "configmaps" and each.name == "audited"
    ]
    assert told == [("create", "configmaps", "default", "audited", "lab-admin", 201)]
    assert cluster.requests(user_agent="nobody-of-that-name") == []


def test_the_control_plane_is_left_out_of_the_audit_log(control_plane_full):
    own = {COMPONENTS.name, "system:apiserver"}
    assert {each.user for each in control_plane_full.requests()} & own == set()


def test_nothing_of_it_survives():
    with ControlPlane() as cluster:
        programs = list(cluster._programs)
        folder = cluster.folder
    assert [each.running for each in programs] == [False, False]
    assert not folder.exists()

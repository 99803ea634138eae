"""What `canary install` prints: parses, is complete, and grants exactly what the controller needs."""

from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from canary.cli.root import cli
from canary.settings import load_settings

SEE, OWN = ["get", "list", "watch"], ["get", "list", "watch", "create", "patch", "delete"]
DISCOVERY = [
    ("apiextensions.k8s.io", "customresourcedefinitions", SEE, ["trafficsplits.split.smi-spec.io"]),
    ("canary.delivery", "clusteranalysistemplates", SEE, None),
]
DEFINITIONS = [
    ("CustomResourceDefinition", f"{plural}.canary.delivery")
    for plural in ("canaries", "analysistemplates", "clusteranalysistemplates")
]
NAMESPACED = [
    ("canary.delivery", "canaries", [*SEE, "patch"], None),
    ("canary.delivery", "canaries/status", ["patch"], None),
    ("canary.delivery", "canaries/finalizers", ["update"], None),
    ("canary.delivery", "analysistemplates", SEE, None),
    ("apps", "deployments", OWN, None),
    ("apps", "replicasets", ["list"], None),
    ("", "services", OWN, None),
    ("", "pods", SEE, None),
    ("", "events", ["create", "patch"], None),
    ("discovery.k8s.io", "endpointslices", SEE, None),
    ("batch", "jobs", [*SEE, "create", "delete"], None),
    ("split.smi-spec.io", "trafficsplits", OWN, None),
]


def printed(*flags: str) -> str:
    result = CliRunner().invoke(cli, ["install", *flags])
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def objects(*flags: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(obj["kind"], obj["metadata"]["name"]): obj for obj in yaml.safe_load_all(printed(*flags))}


def granted(role: dict[str, Any]) -> list[tuple]:
    return [(rule["apiGroups"][0], rule["resources"][0], rule["verbs"], rule.get("resourceNames")) for rule in role["rules"]]


def test_the_objects_in_the_order_in_which_they_are_needed() -> None:
    assert list(objects()) == [
        *DEFINITIONS,
        ("Namespace", "canary-delivery"),
        ("ServiceAccount", "canary-delivery"),
        ("ClusterRole", "canary-delivery"),
        ("ClusterRoleBinding", "canary-delivery"),
        ("ClusterRole", "canary-delivery-secrets"),
        ("Deployment", "canary-delivery"),
        ("Service", "canary-delivery"),
    ]


def test_the_rights_are_exactly_these() -> None:
    assert [*NAMESPACED, *DISCOVERY] == granted(objects()["ClusterRole", "canary-delivery"])


def test_no_rule_covers_more_than_one_kind_and_none_covers_everything() -> None:
    for (kind, _), obj in objects("--watch-namespace", "shop").items():
        for rule in obj["rules"] if kind.endswith("Role") else ():
            assert (len(rule["apiGroups"]), len(rule["resources"])) == (1, 1)
            assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]


def test_secrets_are_bound_to_nothing() -> None:
    found = objects()
    assert granted(found["ClusterRole", "canary-delivery-secrets"]) == [("", "secrets", ["get"], None)]
    bound = [obj["roleRef"]["name"] for (kind, _), obj in found.items() if kind.endswith("Binding")]
    assert bound == ["canary-delivery"]
    assert "# Bound to nothing on purpose." in printed()


def test_one_namespace_needs_no_rights_elsewhere() -> None:
    found = objects("--watch-namespace", "shop")
    role, binding = found["Role", "canary-delivery"], found["RoleBinding", "canary-delivery"]
    assert (role["metadata"]["namespace"], binding["metadata"]["namespace"]) == ("shop", "shop")
    assert granted(role) == NAMESPACED
    assert granted(found["ClusterRole", "canary-delivery-discovery"]) == DISCOVERY
    assert "--namespace=shop" in container(found)["args"]


def test_the_controller_runs_with_as_little_as_it_can() -> None:
    found = objects()
    pod = found["Deployment", "canary-delivery"]["spec"]["template"]["spec"]
    assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 65532)
    security = container(found)["securityContext"]
    assert (
        security["readOnlyRootFilesystem"],
        security["allowPrivilegeEscalation"],
        security["capabilities"]["drop"],
    ) == (True, False, ["ALL"])
    assert {"/healthz", "/readyz"} == {
        container(found)[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe")
    }


def test_what_a_person_chooses() -> None:
    flags = ("--namespace", "cd", "--image", "registry.example/canary:9", "--prometheus", "http://prometheus:9090")
    found = objects(*flags)
    placed = {obj["metadata"].get("namespace") for obj in found.values()}
    assert {None, "cd"} == placed
    assert container(found)["image"] == "registry.example/canary:9"
    assert "--prometheus=http://prometheus:9090" in container(found)["args"]
    subjects = found["ClusterRoleBinding", "canary-delivery"]["subjects"]
    assert subjects == [{"kind": "ServiceAccount", "name": "canary-delivery", "namespace": "cd"}]


def test_the_namespace_may_stand_before_the_verb() -> None:
    result = CliRunner().invoke(cli, ["-n", "cd", "install"])
    assert "namespace: cd\n" in result.stdout


def test_the_definitions_alone() -> None:
    assert list(objects("--crd-only")) == DEFINITIONS


def test_whatever_runs_in_the_pod_finds_the_state() -> None:
    told = container(objects())
    environ = {each["name"]: each["value"] for each in told["env"]}
    assert [str(load_settings(environ).state_dir)] == [mount["mountPath"] for mount in told["volumeMounts"]]


@pytest.mark.parametrize("flag", ["--http", "--log-format", "--prometheus", "--namespace"])
def test_the_controller_knows_the_flags_that_it_is_given(flag: str) -> None:
    assert flag in CliRunner().invoke(cli, ["controller", "--help"]).stdout


def container(found: dict) -> dict[str, Any]:
    return found["Deployment", "canary-delivery"]["spec"]["template"]["spec"]["containers"][0]

"""kubectl's ways to change: patch, label, annotate, scale, pause, delete, create, auth can-i."""

import json

from tests.contract.objects import a_config_map, a_deployment, a_widget
from tests.contract.servers import World


def deployment(world: World) -> dict[str, object]:
    found: dict[str, object] = world.get(world.url("apps/v1", "deployments", "web"))
    return found


def test_patches_of_three_kinds(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_deployment())
    strategic = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "busybox:2"}]}}}}
    assert world.kubectl("patch", "deployment", "web", "-p", json.dumps(strategic)) == "deployment.apps/web patched"
    merge = {"spec": {"paused": True, "minReadySeconds": 5}}
    assert world.kubectl("patch", "deployment", "web", "--type=merge", "-p", json.dumps(merge)) == "deployment.apps/web patched"
    operations = [{"op": "replace", "path": "/spec/replicas", "value": 4}, {"op": "remove", "path": "/spec/minReadySeconds"}]
    world.kubectl("patch", "deployment", "web", "--type=json", "-p", json.dumps(operations))
    shown = "jsonpath={.spec.template.spec.containers[*].image} {.spec.paused} {.spec.replicas} {.spec.minReadySeconds}"
    assert world.kubectl("get", "deployment", "web", "-o", shown) == "nginx:1 busybox:2 true 4"


def test_a_patch_that_changes_nothing_says_so(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_deployment())
    said = world.kubectl("patch", "deployment", "web", "-p", '{"spec": {"replicas": 2}}')
    assert said == "deployment.apps/web patched (no change)"


def test_custom_objects_refuse_strategic_patches(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_widget())
    said = world.run("patch", "widget", "one", "--type=strategic", "-p", '{"spec": {"size": 2}}')
    assert said.returncode == 1
    assert "application/strategic-merge-patch+json is not supported" in said.stderr or "UnsupportedMediaType" in said.stderr


def test_labels_and_annotations(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_widget())
    assert world.kubectl("label", "widget", "one", "team=shop") == "widget.contract.example.com/one labeled"
    assert world.kubectl("annotate", "widget", "one", "example.com/command=go") == "widget.contract.example.com/one annotated"
    assert "already has a value" in world.kubectl("label", "widget", "one", "team=other")
    assert world.kubectl("label", "widget", "one", "team-") == "widget.contract.example.com/one unlabeled"
    meta = world.get(world.url("contract.example.com/v1", "widgets", "one"))["metadata"]
    assert (meta.get("labels"), meta["annotations"]["example.com/command"], meta["generation"]) == (None, "go", 1)


def test_scale(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_deployment())
    world.kubectl("apply", "-f", "-", given=a_widget())
    assert world.kubectl("scale", "deployment/web", "--replicas=5") == "deployment.apps/web scaled"
    assert world.kubectl("scale", "widget/one", "--replicas=3") == "widget.contract.example.com/one scaled"
    assert "Expected replicas to be 9" in world.kubectl("scale", "deployment/web", "--replicas=1", "--current-replicas=9")
    assert world.kubectl("get", "deployment/web", "-o", "jsonpath={.spec.replicas}") == "5"
    assert world.kubectl("get", "widget/one", "-o", "jsonpath={.spec.replicas}") == "3"


def test_rollout_pause_resume_restart(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_deployment())
    assert world.kubectl("rollout", "pause", "deployment/web") == "deployment.apps/web paused"
    assert world.kubectl("rollout", "resume", "deployment/web") == "deployment.apps/web resumed"
    assert world.kubectl("rollout", "restart", "deployment/web") == "deployment.apps/web restarted"
    assert "kubectl.kubernetes.io/restartedAt" in json.dumps(deployment(world))


def test_a_held_deployment_stays_held_when_it_is_applied_again(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_deployment())
    world.kubectl("patch", "deployment", "web", "--type=merge", "-p", '{"spec": {"paused": true}}')
    world.kubectl("apply", "-f", "-", given=a_deployment(image="nginx:2"))
    assert world.kubectl("get", "deployment", "web", "-o", "jsonpath={.spec.paused}") == "true"


def test_delete_by_name_by_selector_and_of_nothing(world: World) -> None:
    for name in ("a", "b"):
        made = a_config_map(name)
        made["metadata"]["labels"] = {"app": "x"}
        world.create(world.url("v1", "configmaps"), made)
    world.kubectl("apply", "-f", "-", given=a_deployment())
    assert world.kubectl("delete", "deployment", "web").splitlines()[0].startswith('deployment.apps "web" deleted')
    assert len(world.kubectl("delete", "configmap", "-l", "app=x").splitlines()) == 2
    assert world.kubectl("get", "configmap", "-l", "app=x", "-o", "name") == ""
    assert world.kubectl("delete", "configmap", "nothing") == 'Error from server (NotFound): configmaps "nothing" not found'
    assert world.kubectl("delete", "configmap", "nothing", "--ignore-not-found") == ""


def test_typed_creates_come_as_protobuf(world: World) -> None:
    assert world.kubectl("create", "configmap", "made", "--from-literal=key=value") == "configmap/made created"
    assert world.get(world.url("v1", "configmaps", "made"))["data"] == {"key": "value"}
    assert world.kubectl("create", "secret", "generic", "made", "--from-literal=key=value") == "secret/made created"
    assert world.get(world.url("v1", "secrets", "made"))["data"] == {"key": "dmFsdWU="}
    said = world.kubectl("create", "deployment", "made", "--image=nginx:1", "--replicas=2", "--port=80")
    assert said == "deployment.apps/made created"
    made = world.get(world.url("apps/v1", "deployments", "made"))["spec"]
    container = made["template"]["spec"]["containers"][0]
    assert (made["replicas"], container["image"], container["ports"]) == (
        2,
        "nginx:1",
        [{"containerPort": 80, "protocol": "TCP"}],
    )


def test_rights_can_be_asked_for(world: World) -> None:
    assert world.kubectl("auth", "can-i", "patch", "deployments") == "yes"


def test_the_server_says_what_it_is(world: World) -> None:
    assert "Server Version: v1.36" in world.kubectl("version")
    assert world.kubectl("get", "--raw", "/readyz") == "ok"

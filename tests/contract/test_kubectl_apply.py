"""kubectl apply, on the client's side and on the server's, and what goes with it: diff, explain, set image, dry run."""

from tests.contract.objects import WIDGETS, a_config_map, a_deployment, a_service, a_split, a_widget
from tests.contract.servers import World


def images(world: World, name: str = "web") -> list[str]:
    found = world.get(world.url("apps/v1", "deployments", name))
    return [each["image"] for each in found["spec"]["template"]["spec"]["containers"]]


def test_apply_creates_then_leaves_alone_then_configures(world: World) -> None:
    said = [world.kubectl("apply", "-f", "-", given=a_deployment(image=image)) for image in ("nginx:1", "nginx:1", "nginx:2")]
    assert said == ["deployment.apps/web created", "deployment.apps/web unchanged", "deployment.apps/web configured"]
    assert images(world) == ["nginx:2", "busybox:1"]


def test_apply_of_a_service_keeps_its_address(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_service())
    before = world.get(world.url("v1", "services", "web"))["spec"]["clusterIP"]
    assert world.kubectl("apply", "-f", "-", given=a_service(selector={"app": "other"})) == "service/web configured"
    after = world.get(world.url("v1", "services", "web"))["spec"]
    assert (after["clusterIP"], after["selector"]) == (before, {"app": "other"})


def test_apply_takes_back_what_the_manifest_no_longer_says(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_config_map(kept="1", gone="2"))
    world.kubectl("patch", "configmap", "settings", "--type=merge", "-p", '{"data": {"foreign": "3"}}')
    assert world.kubectl("apply", "-f", "-", given=a_config_map(kept="1")) == "configmap/settings configured"
    assert world.get(world.url("v1", "configmaps", "settings"))["data"] == {"kept": "1", "foreign": "3"}


def test_a_custom_object_applies_the_same_way(world: World) -> None:
    said = [world.kubectl("apply", "-f", "-", given=a_widget(size=size)) for size in (1, 1, 2)]
    expected = [f"widget.contract.example.com/one {word}" for word in ("created", "unchanged", "configured")]
    assert said == expected


def test_a_traffic_split_applies_with_fractions(world: World) -> None:
    assert world.kubectl("apply", "-f", "-", given=a_split("web", 99.5, 0.5)) == "trafficsplit.split.smi-spec.io/web created"
    shown = world.kubectl("get", "ts", "web", "-o", "jsonpath={.apiVersion} {.spec.backends[*].weight}")
    assert shown == "split.smi-spec.io/v1alpha2 99.5 0.5"


def test_set_image_changes_one_container_and_keeps_the_other(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_deployment())
    assert world.kubectl("set", "image", "deployment/web", "app=nginx:9") == "deployment.apps/web image updated"
    assert images(world) == ["nginx:9", "busybox:1"]


def test_server_side_apply_conflicts_until_forced(world: World) -> None:
    world.kubectl("apply", "--server-side", "--field-manager=first", "-f", "-", given=a_deployment())
    other = {**a_deployment(), "spec": {"replicas": 7}}
    refused = world.run("apply", "--server-side", "--field-manager=second", "-f", "-", given=other)
    assert refused.returncode == 1
    assert 'Apply failed with 1 conflict: conflict with "first": .spec.replicas' in refused.stderr
    said = world.kubectl("apply", "--server-side", "--field-manager=second", "--force-conflicts", "-f", "-", given=other)
    assert said == "deployment.apps/web serverside-applied"
    assert world.get(world.url("apps/v1", "deployments", "web"))["spec"]["replicas"] == 7


def test_server_side_apply_takes_over_from_client_side(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_deployment())
    said = world.kubectl("apply", "--server-side", "-f", "-", given=a_deployment(image="nginx:2"))
    assert said == "deployment.apps/web serverside-applied"
    assert images(world) == ["nginx:2", "busybox:1"]


def test_an_unknown_field_is_refused(world: World) -> None:
    wrong = a_deployment()
    wrong["spec"]["replica"] = 3
    refused = world.run("apply", "-f", "-", given=wrong)
    assert refused.returncode == 1
    assert 'strict decoding error: unknown field "spec.replica"' in refused.stderr
    refused = world.run("apply", "-f", "-", given=a_widget(colr="red"))
    assert (
        'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.colr"' in refused.stderr
    )


def test_a_dry_run_writes_nothing(world: World) -> None:
    assert (
        world.kubectl("apply", "--dry-run=server", "-f", "-", given=a_deployment())
        == "deployment.apps/web created (server dry run)"
    )
    assert world.kubectl("get", "deployments") == f"No resources found in {world.namespace} namespace."
    world.kubectl("apply", "-f", "-", given=a_deployment())
    said = world.kubectl("apply", "--dry-run=server", "-f", "-", given=a_deployment(image="nginx:2"))
    assert said == "deployment.apps/web configured (server dry run)"
    assert images(world) == ["nginx:1", "busybox:1"]


def test_diff_shows_what_would_change(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_deployment())
    same = world.run("diff", "-f", "-", given=a_deployment())
    assert (same.returncode, same.stdout) == (0, "")
    changed = world.run("diff", "-f", "-", given=a_deployment(image="nginx:2"))
    assert changed.returncode == 1
    assert "-      - image: nginx:1\n+      - image: nginx:2\n" in changed.stdout


def test_replace_and_create(world: World) -> None:
    assert world.kubectl("create", "-f", "-", given=a_deployment()) == "deployment.apps/web created"
    assert "AlreadyExists" in world.kubectl("create", "-f", "-", given=a_deployment())
    assert world.kubectl("replace", "-f", "-", given=a_deployment(image="nginx:3")) == "deployment.apps/web replaced"
    assert images(world) == ["nginx:3", "busybox:1"]


def test_explain_reads_the_schema(world: World) -> None:
    shown = world.kubectl("explain", "widgets.spec.size", f"--api-version={WIDGETS}")
    assert "FIELD: size <integer>" in shown
    assert "How large, in inches." in shown
    assert "FIELDS:" in world.kubectl("explain", "deployment.spec.strategy")
    assert "backends\t<[]Object> -required-" in world.kubectl("explain", "trafficsplit.spec")


def test_a_list_of_objects_applies_in_order(world: World) -> None:
    both = {"apiVersion": "v1", "kind": "List", "items": [a_deployment(), a_service()]}
    assert world.kubectl("apply", "-f", "-", given=both) == "deployment.apps/web created\nservice/web created"

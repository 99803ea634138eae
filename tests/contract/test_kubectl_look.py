"""kubectl's ways to look: tables, columns, selectors, watches, waits, describe."""

import os
import subprocess
import threading
from collections.abc import Callable

from tests.contract.objects import a_config_map, a_deployment, a_service, a_split, a_widget
from tests.contract.servers import STRATEGIC, World


def columns(table: str) -> list[str]:
    """The heads of a table."""
    return table.splitlines()[0].split("   ")[0:1] + [
        each.strip() for each in table.splitlines()[0].split("   ")[1:] if each.strip()
    ]


def rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.splitlines()[1:]]


def test_deployments_show_their_columns(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_deployment())
    table = world.kubectl("get", "deployments", "-o", "wide")
    assert columns(table) == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"]
    name, ready, updated, available, _, *wide = rows(table)[0]
    assert (name, ready, updated, available, wide) == ("web", "0/2", "0", "0", ["app,side", "nginx:1,busybox:1", "app=web"])


def test_services_and_splits_show_theirs(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_service())
    world.kubectl("apply", "-f", "-", given=a_split("web", 1))
    kind, _, external, ports = rows(world.kubectl("get", "svc"))[0][1:5]
    assert (kind, external, ports) == ("ClusterIP", "<none>", "80/TCP")
    assert [line.split() for line in world.kubectl("get", "ts").splitlines()] == [["NAME", "SERVICE"], ["web", "web"]]


def test_a_definition_brings_its_columns(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_widget(size=7, colour="green"))
    condition = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    world.patch(world.url("contract.example.com/v1", "widgets", "one", "status"), condition)
    table = world.kubectl("get", "wd")
    assert columns(table) == ["NAME", "SIZE", "READY", "AGE"]
    assert rows(table)[0][:3] == ["one", "7", "True"]
    wide = world.kubectl("get", "widgets", "-o", "wide")
    assert columns(wide) == ["NAME", "SIZE", "READY", "COLOUR", "AGE"]
    assert rows(wide)[0][3] == "green"


def test_selectors_by_label_and_by_field(world: World) -> None:
    for name, labels in (("a", {"app": "x", "tier": "front"}), ("b", {"app": "x"}), ("c", {"app": "y"})):
        made = a_config_map(name, key="value")
        made["metadata"]["labels"] = labels
        world.create(world.url("v1", "configmaps"), made)

    def chosen(*arguments: str) -> list[str]:
        return world.kubectl("get", "configmaps", "-o", "name", *arguments).splitlines()

    assert chosen("-l", "app=x") == ["configmap/a", "configmap/b"]
    assert chosen("-l", "app=x,tier!=front") == ["configmap/b"]
    assert chosen("-l", "app in (x,z),!tier") == ["configmap/b"]
    assert chosen("-l", "tier") == ["configmap/a"]
    assert chosen("-l", "app notin (x)") == ["configmap/c"]
    assert chosen("--field-selector", "metadata.name=c") == ["configmap/c"]
    assert chosen("--field-selector", "metadata.name!=c", "-l", "app") == ["configmap/a", "configmap/b"]


def test_what_is_not_there_is_said(world: World) -> None:
    assert world.kubectl("get", "deployment", "web") == 'Error from server (NotFound): deployments.apps "web" not found'
    assert world.kubectl("get", "nonsense") == 'error: the server doesn\'t have a resource type "nonsense"'
    assert world.kubectl("get", "widgets") == f"No resources found in {world.namespace} namespace."


def test_api_resources_list_short_names(world: World) -> None:
    listed = world.kubectl("api-resources", "--no-headers", "--api-group=contract.example.com")
    assert listed.split() == ["widgets", "wd", "contract.example.com/v1", "true", "Widget"]


def test_describe_shows_the_events_of_the_object_alone(world: World) -> None:
    made = world.create(world.url("apps/v1", "deployments"), a_deployment())
    for name, uid, message in (("web.1", made["metadata"]["uid"], "it was seen"), ("web.2", "another", "somebody else's")):
        involved = {"kind": "Deployment", "name": "web", "namespace": world.namespace, "uid": uid}
        times = {"firstTimestamp": "2024-01-01T00:00:00Z", "lastTimestamp": "2024-01-01T00:00:00Z", "count": 1}
        event = {"metadata": {"name": name}, "involvedObject": involved, "reason": "Seen", "message": message, "type": "Normal"}
        world.create(world.url("v1", "events"), {**event, **times, "source": {"component": "contract"}})
    described = world.kubectl("describe", "deployment", "web")
    assert "it was seen" in described
    assert "somebody else's" not in described


def meanwhile(act: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_wait_for_a_condition(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_widget())
    condition = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    acting = meanwhile(lambda: world.patch(world.url("contract.example.com/v1", "widgets", "one", "status"), condition))
    waited = world.kubectl("wait", "--for=condition=Ready", "widget/one", "--timeout=30s")
    acting.join()
    assert waited == "widget.contract.example.com/one condition met"


def test_wait_for_a_value_and_for_deletion(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_deployment())
    status = {"status": {"readyReplicas": 2, "replicas": 2}}
    acting = meanwhile(lambda: world.patch(world.url("apps/v1", "deployments", "web", "status"), status, STRATEGIC))
    waited = world.kubectl("wait", "--for=jsonpath={.status.readyReplicas}=2", "deployment/web", "--timeout=30s")
    acting.join()
    assert waited == "deployment.apps/web condition met"
    acting = meanwhile(lambda: world.kubectl("delete", "deployment", "web"))
    waited = world.kubectl("wait", "--for=delete", "deployment/web", "--timeout=30s")
    acting.join()
    assert waited in {"deployment.apps/web condition met", ""}


def test_a_wait_ends_in_time(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_widget())
    waited = world.run("wait", "--for=condition=Ready", "widget/one", "--timeout=1s")
    assert (waited.returncode, waited.stderr.strip()) == (1, "error: timed out waiting for the condition on widgets/one")


def test_get_watch_follows_changes(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_widget(size=1))
    shown = ["get", "widgets", "--watch", "--no-headers", "-o", "custom-columns=NAME:.metadata.name,SIZE:.spec.size"]
    files = {"KUBECONFIG": str(world.server.kubeconfig), "KUBECACHEDIR": str(world.server.cache)}
    command = ["kubectl", "--namespace", world.namespace, *shown]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | files) as watching:
        last_resort = threading.Timer(30, watching.kill)
        last_resort.start()
        assert watching.stdout is not None
        seen = [watching.stdout.readline().split()]
        for size in (2, 3):
            world.patch(world.url("contract.example.com/v1", "widgets", "one"), {"spec": {"size": size}})
            seen.append(watching.stdout.readline().split())
        watching.terminate()
        last_resort.cancel()
    assert seen == [["one", "1"], ["one", "2"], ["one", "3"]]


def test_rollout_status_waits_for_the_observed_generation(world: World) -> None:
    world.kubectl("apply", "-f", "-", given=a_deployment())
    other = {**a_deployment("other"), "metadata": {"name": "other"}}
    world.create(world.url("apps/v1", "deployments"), other)
    counts = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2}
    status = {"status": {**counts, "observedGeneration": 1}}
    world.patch(world.url("apps/v1", "deployments", "other", "status"), status, STRATEGIC)
    waited = world.run("rollout", "status", "deployment/web", "--timeout=1s")
    assert waited.returncode == 1
    assert "Waiting for deployment spec update to be observed..." in waited.stdout
    world.patch(world.url("apps/v1", "deployments", "web", "status"), status, STRATEGIC)
    assert world.kubectl("rollout", "status", "deployment/web") == 'deployment "web" successfully rolled out'

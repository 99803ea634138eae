"""What a write does and what it refuses, seen over plain HTTP: versions, generations, status, patches, ownership, dry runs."""

import json
from typing import Any

import pytest

from tests.contract.objects import WIDGETS, a_config_map, a_deployment, a_service, a_split, a_widget
from tests.contract.servers import APPLY, JSON_PATCH, MERGE, STRATEGIC, World, outcome

Object = dict[str, Any]


def deployments(world: World, *rest: str) -> str:
    return world.url("apps/v1", "deployments", *rest)


def widgets(world: World, *rest: str) -> str:
    return world.url(WIDGETS, "widgets", *rest)


def generation(obj: Object) -> int:
    return int(obj["metadata"]["generation"])


def container_names(obj: Object) -> list[str]:
    return [each["name"] for each in obj["spec"]["template"]["spec"]["containers"]]


def test_a_template_comes_back_with_every_default(world: World) -> None:
    containers = [
        {
            "name": "app",
            "image": "nginx",
            "args": [],
            "env": [{"name": "ME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
            "ports": [{"containerPort": 80}],
            "resources": {"limits": {"cpu": "0.5", "memory": "1024Mi"}},
            "readinessProbe": {"httpGet": {"port": "http"}},
            "volumeMounts": [{"name": "files", "mountPath": "/files"}],
        }
    ]
    volumes = [{"name": "files", "configMap": {"name": "files"}}, {"name": "scratch"}]
    body = a_deployment()
    body["spec"]["template"]["spec"] = {"containers": containers, "volumes": volumes, "serviceAccountName": "robot"}
    made = world.create(deployments(world), body)["spec"]
    assert made["template"]["spec"] == {
        "containers": [
            {
                "name": "app",
                "image": "nginx",
                "imagePullPolicy": "Always",
                "env": [{"name": "ME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}}],
                "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}},
                "readinessProbe": {
                    "httpGet": {"path": "/", "port": "http", "scheme": "HTTP"},
                    "timeoutSeconds": 1,
                    "periodSeconds": 10,
                    "successThreshold": 1,
                    "failureThreshold": 3,
                },
                "volumeMounts": [{"name": "files", "mountPath": "/files"}],
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }
        ],
        "volumes": [{"name": "files", "configMap": {"name": "files", "defaultMode": 420}}, {"name": "scratch", "emptyDir": {}}],
        "serviceAccountName": "robot",
        "serviceAccount": "robot",
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
    }
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
    assert (made["strategy"], made["revisionHistoryLimit"], made["progressDeadlineSeconds"]) == (rolling, 10, 600)


def test_the_same_template_in_a_replica_set_is_equal(world: World) -> None:
    made = world.create(deployments(world), a_deployment())
    body = {key: made["spec"][key] for key in ("selector", "template")}
    metadata = {"name": "web-1", "ownerReferences": [owner(made)]}
    copy = world.create(world.url("apps/v1", "replicasets"), {"metadata": metadata, "spec": body})
    assert copy["spec"]["template"] == made["spec"]["template"]


def owner(obj: Object) -> Object:
    meta = obj["metadata"]
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "name": meta["name"], "uid": meta["uid"]}


def test_generation_follows_the_spec_and_a_deployments_annotations(world: World) -> None:
    made = world.create(deployments(world), a_deployment())
    labelled = world.patch(deployments(world, "web"), {"metadata": {"labels": {"a": "b"}}})
    annotated = world.patch(deployments(world, "web"), {"metadata": {"annotations": {"a": "b"}}})
    scaled = world.patch(deployments(world, "web"), {"spec": {"replicas": 3}})
    status = world.patch(deployments(world, "web", "status"), {"status": {"replicas": 1}})
    assert [generation(each) for each in (made, labelled, annotated, scaled, status)] == [1, 1, 2, 3, 3]
    first = world.create(widgets(world), a_widget())
    annotated = world.patch(widgets(world, "one"), {"metadata": {"annotations": {"a": "b"}}})
    sized = world.patch(widgets(world, "one"), {"spec": {"size": 2}})
    assert [generation(each) for each in (first, annotated, sized)] == [1, 1, 2]


def test_a_write_that_changes_nothing_keeps_the_version(world: World) -> None:
    made = world.create(widgets(world), a_widget())
    same = world.patch(widgets(world, "one"), {"spec": {"size": 1}})
    assert same["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_status_and_spec_are_written_apart(world: World) -> None:
    world.create(widgets(world), {**a_widget(), "status": {"replicas": 9}})
    assert "status" not in world.get(widgets(world, "one"))
    both = {"spec": {"size": 50}, "status": {"replicas": 2}}
    by_status = world.patch(widgets(world, "one", "status"), both)
    assert (by_status["spec"]["size"], by_status["status"]) == (1, {"replicas": 2})
    by_main = world.patch(widgets(world, "one"), {"spec": {"size": 7}, "status": {"replicas": 5}})
    assert (by_main["spec"]["size"], by_main["status"]) == (7, {"replicas": 2})


def test_a_stale_version_conflicts(world: World) -> None:
    made = world.create(deployments(world), a_deployment())
    world.patch(deployments(world, "web"), {"spec": {"replicas": 3}})
    words = 'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; '
    expected = (409, "Conflict", words + "please apply your changes to the latest version and try again")
    assert outcome(world.send("PUT", deployments(world, "web"), made)) == expected
    stale = {"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}, "spec": {"replicas": 9}}
    assert outcome(world.send("PATCH", deployments(world, "web"), stale, MERGE)) == expected


def test_who_may_be_replaced_blindly(world: World) -> None:
    world.create(deployments(world), a_deployment())
    assert world.send("PUT", deployments(world, "web"), a_deployment(image="nginx:2")).status_code == 200
    world.create(widgets(world), a_widget())
    code, reason, message = outcome(world.send("PUT", widgets(world, "one"), a_widget(size=2)))
    assert (code, reason) == (422, "Invalid")
    assert "metadata.resourceVersion: Invalid value: 0: must be specified for an update" in message


def test_strategic_merge_knows_lists_by_their_keys(world: World) -> None:
    world.create(deployments(world), a_deployment())
    url = deployments(world, "web")
    added = world.patch(url, {"spec": {"template": {"spec": {"containers": [{"name": "more", "image": "x"}]}}}}, STRATEGIC)
    assert container_names(added) == ["more", "app", "side"]
    removed = {"$patch": "delete", "name": "side"}
    gone = world.patch(url, {"spec": {"template": {"spec": {"containers": [removed]}}}}, STRATEGIC)
    assert container_names(gone) == ["more", "app"]
    order = {"$setElementOrder/containers": [{"name": "app"}, {"name": "more"}]}
    ordered = world.patch(url, {"spec": {"template": {"spec": order}}}, STRATEGIC)
    assert container_names(ordered) == ["app", "more"]
    kind = world.patch(url, {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}, STRATEGIC)
    assert kind["spec"]["strategy"] == {"type": "Recreate"}


def test_a_merge_patch_replaces_lists(world: World) -> None:
    world.create(deployments(world), a_deployment())
    only = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "nginx:5"}]}}}}
    assert container_names(world.patch(deployments(world, "web"), only)) == ["app"]


def test_json_patches_apply_as_a_whole_or_not_at_all(world: World) -> None:
    world.create(deployments(world), a_deployment())
    url = deployments(world, "web")
    tested = [{"op": "test", "path": "/spec/replicas", "value": 2}, {"op": "replace", "path": "/spec/replicas", "value": 4}]
    assert world.patch(url, tested, JSON_PATCH)["spec"]["replicas"] == 4
    assert world.send("PATCH", url, tested, JSON_PATCH).status_code == 422
    assert world.send("PATCH", url, [{"op": "remove", "path": "/spec/nothing"}], JSON_PATCH).status_code == 422
    assert world.send("PATCH", url, {"op": "no list"}, JSON_PATCH).status_code == 400


def test_unknown_formats_are_refused(world: World) -> None:
    world.create(widgets(world), a_widget())
    assert world.send("PATCH", widgets(world, "one"), {}, "application/json").status_code == 415
    assert world.send("PATCH", widgets(world, "one"), {}, STRATEGIC).status_code == 415
    assert world.send("POST", widgets(world), a_widget(), "text/plain").status_code == 415


def config(world: World, manager: str, spec: Object, *, force: bool = False, status: Object | None = None) -> Any:
    body = {"apiVersion": WIDGETS, "kind": "Widget", "metadata": {"name": "one"}}
    url = widgets(world, "one", "status") if status is not None else widgets(world, "one")
    body |= {"status": status} if status is not None else {"spec": spec}
    params = {"fieldManager": manager, **({"force": "true"} if force else {})}
    return world.send("PATCH", url, body, APPLY, **params)


def managers(obj: Object) -> list[tuple[str, str]]:
    return sorted((each["manager"], each["operation"]) for each in obj["metadata"]["managedFields"])


def test_apply_creates_merges_and_takes_back(world: World) -> None:
    assert config(world, "a", {"size": 1, "name": "abc", "parts": [{"name": "x"}]}).status_code == 201
    merged = config(world, "b", {"size": 1, "parts": [{"name": "y", "count": 1}]}).json()
    assert merged["spec"]["parts"] == [{"name": "x", "count": 3}, {"name": "y", "count": 1}]
    taken_back = config(world, "a", {"size": 1}).json()
    assert ("name" in taken_back["spec"], taken_back["spec"]["parts"]) == (False, [{"name": "y", "count": 1}])
    assert managers(taken_back) == [("a", "Apply"), ("b", "Apply")]


def test_apply_conflicts_with_appliers_and_with_others(world: World) -> None:
    config(world, "a", {"size": 1})
    refused = config(world, "b", {"size": 2})
    assert outcome(refused) == (409, "Conflict", 'Apply failed with 1 conflict: conflict with "a": .spec.size')
    assert refused.json()["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "a"', "field": ".spec.size"}
    ]
    world.patch(widgets(world, "one"), {"spec": {"size": 3}}, fieldManager="hand")
    refused = config(world, "a", {"size": 1})
    assert refused.json()["message"] == f'Apply failed with 1 conflict: conflict with "hand" using {WIDGETS}: .spec.size'
    assert config(world, "a", {"size": 1}, force=True).json()["spec"]["size"] == 1


def test_apply_of_the_status_is_another_endpoint(world: World) -> None:
    config(world, "a", {"size": 1})
    made = config(world, "a", {}, status={"replicas": 3, "conditions": [{"type": "Ready", "status": "True"}]}).json()
    assert (made["status"]["replicas"], made["spec"]["size"]) == (3, 1)
    others = config(world, "b", {}, status={"conditions": [{"type": "Other", "status": "True"}]}).json()
    assert [each["type"] for each in others["status"]["conditions"]] == ["Ready", "Other"]
    again = config(world, "a", {"size": 2}).json()
    assert (again["spec"]["size"], again["status"]["replicas"]) == (2, 3)
    assert [(each["manager"], each.get("subresource")) for each in again["metadata"]["managedFields"]].count(("a", "status")) == 1


def test_an_apply_that_changes_nothing_is_no_write(world: World) -> None:
    before = config(world, "a", {"size": 1, "parts": [{"name": "x"}]}).json()
    after = config(world, "a", {"size": 1, "parts": [{"name": "x"}]}).json()
    assert after["metadata"] == before["metadata"]


def test_apply_of_a_split_replaces_all_weights(world: World) -> None:
    url = world.url("split.smi-spec.io/v1alpha2", "trafficsplits", "web")
    for weights in ((100, 0), (90, 10)):
        made = world.send("PATCH", url, a_split("web", *weights), APPLY, fieldManager="canary-delivery", force="true").json()
        assert [each["weight"] for each in made["spec"]["backends"]] == [*weights]


def test_apply_needs_a_manager_and_known_fields(world: World) -> None:
    body = a_widget()
    assert outcome(world.send("PATCH", widgets(world, "one"), body, APPLY))[2].endswith(
        "fieldManager: Required value: is required for apply patch"
    )
    strange = world.send("PATCH", widgets(world, "one"), a_widget(strange=1), APPLY, fieldManager="a")
    assert (strange.status_code, ".spec.strange: field not declared in schema" in strange.json()["message"]) == (500, True)


def test_a_dry_run_answers_and_forgets(world: World) -> None:
    assert world.create(widgets(world), a_widget(), dryRun="All")["spec"]["colour"] == "red"
    assert world.send("GET", widgets(world, "one"), None).status_code == 404
    world.create(widgets(world), a_widget())
    assert world.patch(widgets(world, "one"), {"spec": {"size": 9}}, dryRun="All")["spec"]["size"] == 9
    assert world.send("DELETE", widgets(world, "one"), None, dryRun="All").status_code == 200
    assert world.get(widgets(world, "one"))["spec"]["size"] == 1


def test_finalizers_hold_a_deleted_object(world: World) -> None:
    made = a_widget()
    made["metadata"]["finalizers"] = ["example.com/hold"]
    world.create(widgets(world), made)
    held = world.sent(200, world.send("DELETE", widgets(world, "one"), None))
    assert (generation(held), "deletionTimestamp" in held["metadata"]) == (2, True)
    more = {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}
    assert "no new finalizers can be added" in outcome(world.send("PATCH", widgets(world, "one"), more, MERGE))[2]
    world.patch(widgets(world, "one"), {"metadata": {"finalizers": None}})
    assert world.send("GET", widgets(world, "one"), None).status_code == 404


def test_deletes_heed_preconditions(world: World) -> None:
    made = world.create(world.url("v1", "configmaps"), a_config_map())
    url = world.url("v1", "configmaps", "settings")
    assert world.send("DELETE", url, {"preconditions": {"uid": "another"}}).status_code == 409
    done = world.sent(200, world.send("DELETE", url, {"preconditions": {"uid": made["metadata"]["uid"]}}))
    assert (done["status"], done["details"]["uid"]) == ("Success", made["metadata"]["uid"])


def test_scale_reads_and_writes_the_replicas(world: World) -> None:
    world.create(deployments(world), a_deployment())
    scale = world.get(deployments(world, "web", "scale"))
    assert (scale["kind"], scale["spec"], scale["status"]) == ("Scale", {"replicas": 2}, {"replicas": 0, "selector": "app=web"})
    assert world.patch(deployments(world, "web", "scale"), {"spec": {"replicas": 5}})["spec"] == {"replicas": 5}
    assert world.get(deployments(world, "web"))["spec"]["replicas"] == 5
    assert world.send("PATCH", deployments(world, "web", "scale"), {"spec": {"replicas": -1}}, MERGE).status_code == 422


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"selector": {"matchLabels": {"app": "x"}}}, "`selector` does not match template `labels`"),
        ({"replicas": -1}, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        ({"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}}, "may not be 0 when `maxSurge` is 0"),
    ],
)
def test_deployments_that_make_no_sense_are_refused(world: World, change: Object, sentence: str) -> None:
    code, reason, message = outcome(world.send("POST", deployments(world), a_deployment(**change)))
    assert (code, reason) == (422, "Invalid")
    assert sentence in message


def test_the_selector_of_a_deployment_never_changes(world: World) -> None:
    world.create(deployments(world), a_deployment())
    body = a_deployment()
    for labels in (body["spec"]["selector"]["matchLabels"], body["spec"]["template"]["metadata"]["labels"]):
        labels["more"] = "x"
    code, _, message = outcome(world.send("PUT", deployments(world, "web"), body))
    assert (code, "field is immutable" in message) == (422, True)


def test_values_of_a_wrong_type_are_no_deployment(world: World) -> None:
    code, reason, message = outcome(world.send("POST", deployments(world), a_deployment(replicas="two")))
    assert (code, reason) == (400, "BadRequest")
    assert message.startswith('Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string')


def test_services_get_an_address_and_keep_it(world: World) -> None:
    made = world.create(world.url("v1", "services"), a_service())["spec"]
    assert made["clusterIPs"] == [made["clusterIP"]]
    assert made["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    replaced = world.sent(200, world.send("PUT", world.url("v1", "services", "web"), a_service(selector={"a": "b"})))["spec"]
    assert replaced["clusterIP"] == made["clusterIP"]
    headless = world.create(world.url("v1", "services"), a_service("bare", clusterIP="None"))["spec"]
    assert headless["clusterIP"] == "None"


@pytest.mark.parametrize(
    ("name", "ports", "sentence"),
    [
        ("x" * 64, [{"port": 80}], "must be no more than 63"),
        ("Web", [{"port": 80}], "metadata.name: Invalid value"),
        ("web", [], "spec.ports: Required value"),
        ("web", [{"port": 80}, {"port": 81}], "spec.ports[0].name: Required value"),
        ("web", [{"port": 99999}], "must be between 1 and 65535, inclusive"),
    ],
)
def test_services_that_make_no_sense_are_refused(world: World, name: str, ports: list[Object], sentence: str) -> None:
    code, _, message = outcome(world.send("POST", world.url("v1", "services"), a_service(name, ports=ports)))
    assert code == 422
    assert sentence in message


def test_leases_want_exact_times(world: World) -> None:
    url = world.url("coordination.k8s.io/v1", "leases")
    spec = {"holderIdentity": "a", "leaseDurationSeconds": 15, "renewTime": "2024-01-01T00:00:00.000000Z", "leaseTransitions": 0}
    made = world.create(url, {"metadata": {"name": "leader"}, "spec": spec})
    assert made["spec"] == spec
    rough = {"spec": {"renewTime": "2024-01-01T00:00:00Z"}}
    assert world.send("PATCH", f"{url}/leader", rough, MERGE).status_code == 422
    stale = {**made, "metadata": {**made["metadata"], "resourceVersion": "1"}}
    assert world.send("PUT", f"{url}/leader", stale).status_code == 409


def test_names_are_made_where_only_a_prefix_is_given(world: World) -> None:
    made = world.create(world.url("v1", "configmaps"), {"metadata": {"generateName": "run-"}})
    name = made["metadata"]["name"]
    assert (name.startswith("run-"), len(name)) == (True, 9)


def test_objects_must_be_where_the_address_says(world: World) -> None:
    url = world.url("v1", "configmaps")
    elsewhere = {**a_config_map(), "metadata": {"name": "settings", "namespace": "elsewhere"}}
    assert world.send("POST", url, elsewhere).status_code == 400
    missing = world.send("POST", "/api/v1/namespaces/nowhere-at-all/configmaps", a_config_map())
    assert outcome(missing) == (404, "NotFound", 'namespaces "nowhere-at-all" not found')
    world.create(url, a_config_map())
    assert world.send("PUT", f"{url}/settings", {"metadata": {"name": "other"}}).status_code == 400
    assert world.server.client.post(url, content=b"{no", headers={"Content-Type": "application/json"}).status_code == 400


def test_manifests_may_be_yaml(world: World) -> None:
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: plain}}\ndata: {{time: '{json.dumps(1)}'}}\n"
    response = world.server.client.post(
        world.url("v1", "configmaps"), content=text.encode(), headers={"Content-Type": "application/yaml"}
    )
    assert (response.status_code, response.json()["data"]) == (201, {"time": "1"})

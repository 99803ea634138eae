from canary.k8s.trim import trim, trim_pod


def test_bookkeeping_goes_and_the_original_stays_as_it_is() -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "mine": "1"}
    obj = {"metadata": {"name": "a", "managedFields": [{}], "annotations": annotations}, "spec": {"x": 1}}
    assert trim(obj) == {"metadata": {"name": "a", "annotations": {"mine": "1"}}, "spec": {"x": 1}}
    assert "managedFields" in obj["metadata"]


def test_an_object_without_metadata_to_drop() -> None:
    assert trim({"metadata": {"name": "a"}, "data": {}}) == {"metadata": {"name": "a"}, "data": {}}


def test_a_pod_keeps_its_state() -> None:
    pod = {
        "metadata": {"name": "a", "labels": {"x": "y"}},
        "spec": {"nodeName": "n", "containers": [{}]},
        "status": {"phase": "Pending", "conditions": [{"type": "Ready"}], "hostIP": "10.0.0.1", "qosClass": "BestEffort"},
    }
    assert trim_pod(pod) == {
        "metadata": {"name": "a", "labels": {"x": "y"}},
        "spec": {"nodeName": "n"},
        "status": {"phase": "Pending", "conditions": [{"type": "Ready"}]},
    }


def test_a_pod_that_nobody_has_looked_at_yet() -> None:
    assert trim_pod({"metadata": {"name": "a"}}) == {"metadata": {"name": "a"}, "spec": {}, "status": {}}

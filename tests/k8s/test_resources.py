import pytest

from canary.k8s.resources import CANARY, CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, ENDPOINT_SLICE, POD, Resource, traffic_split


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (POD.path(), "/api/v1/pods"),
        (POD.path("shop"), "/api/v1/namespaces/shop/pods"),
        (POD.path("shop", "cart-1"), "/api/v1/namespaces/shop/pods/cart-1"),
        (CANARY.path("shop", "cart", "status"), "/apis/canary.delivery/v1alpha1/namespaces/shop/canaries/cart/status"),
        (
            CUSTOM_RESOURCE_DEFINITION.path(None, "canaries.canary.delivery"),
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/canaries.canary.delivery",
        ),
        (traffic_split("v1alpha2").path("shop"), "/apis/split.smi-spec.io/v1alpha2/namespaces/shop/trafficsplits"),
        (POD.path("shop/../kube-system", "a b"), "/api/v1/namespaces/shop%2F..%2Fkube-system/pods/a%20b"),
    ],
)
def test_paths(path: str, expected: str) -> None:
    assert path == expected


@pytest.mark.parametrize(
    ("resource", "namespace", "name", "expected"),
    [
        (DEPLOYMENT, "shop", "cart", "Deployment shop/cart"),
        (DEPLOYMENT, "shop", None, "Deployments of shop"),
        (DEPLOYMENT, None, None, "all Deployments"),
        (ENDPOINT_SLICE, None, None, "all EndpointSlices"),
        (CUSTOM_RESOURCE_DEFINITION, None, "x.y", "CustomResourceDefinition x.y"),
        (CANARY, None, None, "all Canaries"),
    ],
)
def test_words(resource: Resource, namespace: str | None, name: str | None, expected: str) -> None:
    assert resource.describe(namespace, name) == expected


def test_the_core_group_has_no_name() -> None:
    assert (POD.api_version, DEPLOYMENT.api_version) == ("v1", "apps/v1")

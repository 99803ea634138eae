"""Which revision stands in a Deployment."""

import json

from canary.cli.tried import wanted_revision
from canary.controller.revisions import revision_of

OLD = {"metadata": {"labels": {"app": "reviews"}}, "spec": {"containers": [{"name": "reviews", "image": "reviews:v1"}]}}
NEW = {"metadata": {"labels": {"app": "reviews"}}, "spec": {"containers": [{"name": "reviews", "image": "reviews:v2"}]}}


def a_deployment(template: dict, **annotations: str) -> dict:
    metadata = {"name": "reviews", "annotations": {f"canary.delivery/{key}": value for key, value in annotations.items()}}
    return {"metadata": metadata, "spec": {"template": template}}


def test_in_place_it_is_the_template_that_stands_there() -> None:
    assert revision_of(NEW) == wanted_revision(a_deployment(NEW), in_place=True)


def test_a_template_that_was_set_aside_during_a_promotion_is_the_newer_one() -> None:
    deployment = a_deployment(OLD, **{"deferred-template": json.dumps(NEW)})
    assert revision_of(NEW) == wanted_revision(deployment, in_place=True)


def test_side_by_side_the_workload_is_part_of_the_name() -> None:
    assert f"reviews-{revision_of(NEW)}" == wanted_revision(a_deployment(NEW), in_place=False)

"""Revisions: names of templates, and which ReplicaSet is which."""

from hypothesis import given
from hypothesis import strategies as st

from canary.controller.revisions import image_of, named, revision_of, running, with_template
from tests.controller.objects import a_replica_set, a_template


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=5))
def test_labels_that_kubernetes_and_we_add_do_not_name_another_revision(labels: dict[str, str]) -> None:
    ours = {"pod-template-hash": "5c9d", "canary.delivery/role": "canary", "canary.delivery/canary": "reviews"}
    assert revision_of(a_template(**labels)) == revision_of(a_template(**{**labels, **ours}))


def test_any_other_change_names_another() -> None:
    assert len({revision_of(a_template("v1")), revision_of(a_template("v2")), revision_of(a_template("v1", team="a"))}) == 3


def test_a_template_may_lack_metadata_and_containers() -> None:
    assert (len(revision_of({"spec": {}})), image_of({}), image_of({"spec": {"containers": [{}]}})) == (10, "", "")


def test_the_running_set_is_the_newest_that_is_meant_to_have_pods() -> None:
    old, empty, new = a_replica_set("v1", number=1), a_replica_set("v3", pods=0, number=12), a_replica_set("v2", number=9)
    assert running((old, empty, new)) == new
    assert running((a_replica_set("v1", pods=0, number=2), empty)) == empty
    assert running(()) is None


def test_a_set_is_found_by_template_and_by_name() -> None:
    sets = (a_replica_set("v1"), a_replica_set("v2", number=2))
    assert with_template(sets, a_template("v1")) == sets[0]
    assert named(sets, revision_of(a_template("v2"))) == sets[1]
    assert (named(sets, None), with_template(sets, a_template("v3"))) == (None, None)


def test_a_set_without_a_readable_number_is_the_oldest() -> None:
    odd = a_replica_set("v1")
    odd["metadata"].pop("annotations")
    assert running((odd, a_replica_set("v2", number=1))) == a_replica_set("v2", number=1)

from pathlib import Path

import pytest
import yaml

import canary.crds
from canary.crds import trafficsplit_crd


def served(crd):
    return [(each["name"], each["storage"]) for each in crd["spec"]["versions"]]


def spec_fields(crd, version):
    schema = next(each for each in crd["spec"]["versions"] if each["name"] == version)["schema"]["openAPIV3Schema"]
    return schema["properties"]["spec"]["properties"]


def test_the_file_is_what_the_table_says():
    file = Path(canary.crds.__file__).with_name("trafficsplits.split.smi-spec.io.yaml")
    assert trafficsplit_crd() == yaml.safe_load(file.read_text())


def test_by_default_it_serves_what_linkerd_smi_serves():
    assert served(trafficsplit_crd()) == [("v1alpha1", True), ("v1alpha2", False)]


def test_exactly_one_version_is_stored():
    four = ("v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4")
    assert [name for name, stored in served(trafficsplit_crd(four, storage="v1alpha3")) if stored] == ["v1alpha3"]


def test_only_the_first_version_takes_quantities():
    crd = trafficsplit_crd(("v1alpha1", "v1alpha2", "v1alpha4"))
    kinds = {each: spec_fields(crd, each)["backends"]["items"]["properties"]["weight"].get("type") for each, _ in served(crd)}
    assert kinds == {"v1alpha1": None, "v1alpha2": "number", "v1alpha4": "number"}


def test_matches_came_with_the_third_version():
    crd = trafficsplit_crd(("v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4"))
    assert [each for each, _ in served(crd) if "matches" in spec_fields(crd, each)] == ["v1alpha3", "v1alpha4"]


@pytest.mark.parametrize(
    ("versions", "storage", "sentence"),
    [
        (("v1alpha5",), None, "TrafficSplit has the versions v1alpha1, v1alpha2, v1alpha3, v1alpha4; not v1alpha5."),
        ((), None, "TrafficSplit has the versions v1alpha1, v1alpha2, v1alpha3, v1alpha4; not none."),
        (("v1alpha2",), "v1alpha1", "TrafficSplit can't be stored as v1alpha1, which is not among v1alpha2."),
    ],
)
def test_a_wrong_version_is_refused(versions, storage, sentence):
    with pytest.raises(ValueError) as refused:
        trafficsplit_crd(versions, storage)
    assert sentence == str(refused.value)

"""Where programs are looked for; needs none of them."""

from pathlib import Path

import pytest

from tests.lab.parts import PARTS, cache_folder, locate


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A machine with an empty cache and nothing on PATH."""
    monkeypatch.setenv("CANARY_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return tmp_path


def program(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o755)
    return file


def test_nothing_is_found_on_an_empty_machine(nothing_installed):
    assert [locate(each.name) for each in PARTS] == [None] * len(PARTS)


def test_what_was_built_is_found(nothing_installed):
    built = program(nothing_installed / "cache" / "bin" / "kwok")
    assert locate("kwok") == built


def test_the_assets_of_envtest_come_first(nothing_installed, monkeypatch):
    program(nothing_installed / "cache" / "bin" / "kube-apiserver")
    theirs = program(nothing_installed / "assets" / "kube-apiserver")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(theirs.parent))
    assert locate("kube-apiserver") == theirs


def test_what_envtest_does_not_bring_is_still_ours(nothing_installed, monkeypatch):
    ours = program(nothing_installed / "cache" / "bin" / "kwok")
    program(nothing_installed / "assets" / "kwok")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(nothing_installed / "assets"))
    assert locate("kwok") == ours


def test_our_prometheus_is_preferred_to_the_systems(nothing_installed):
    systems = program(nothing_installed / "path" / "prometheus")
    assert locate("prometheus") == systems
    ours = program(nothing_installed / "cache" / "bin" / "prometheus")
    assert locate("prometheus") == ours


def test_an_apiserver_on_path_is_not_taken(nothing_installed):
    program(nothing_installed / "path" / "kube-apiserver")
    assert locate("kube-apiserver") is None


def test_the_cache_is_named_after_the_versions(monkeypatch, tmp_path):
    monkeypatch.delenv("CANARY_LAB_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder().parent == tmp_path / "canary-delivery"
    assert cache_folder().name.startswith("lab-")

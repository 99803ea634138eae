"""Which real programs the lab consists of, at which versions, and where each one is found.

One cache folder belongs to one set of versions and build flags, so a changed version never runs beside an old binary.
"""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

KUBERNETES = "1.36.3"
_MAJOR, _MINOR, _PATCH = KUBERNETES.split(".")
_VERSION_PACKAGE = "k8s.io/component-base/version"

# Symbols and DWARF are thrown away by -s -w anyhow; not making them saves a quarter of the compiler's time.
COMPILE = ("-mod=mod", "-p", "2", "-trimpath", "-gcflags=all=-dwarf=false")
LINK = ("-s", "-w")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One program, built from one package of one Go module."""

    name: str
    module: str
    version: str
    package: str
    stamps: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()
    """Source files that are left out of the module: only what the lab never uses and the compiler takes long for."""
    in_assets: bool = False
    """Found in `KUBEBUILDER_ASSETS` where that is set, as users of envtest expect."""
    path_suffices: bool = False
    """A copy on PATH is as good as a build of ours."""
    path_replaces: bool = False
    """A copy on PATH serves as long as ours is not built."""


def _kubernetes(name: str, *, in_assets: bool = False, path_suffices: bool = False) -> Part:
    # Without the stamps clients see v0.0.0 and refuse features.
    stamps = (("gitVersion", f"v{KUBERNETES}"), ("gitMajor", _MAJOR), ("gitMinor", _MINOR))
    return Part(
        name=name,
        module="k8s.io/kubernetes",
        version=f"v{KUBERNETES}",
        package=f"k8s.io/kubernetes/cmd/{name}",
        stamps=tuple((f"{_VERSION_PACKAGE}.{variable}", value) for variable, value in stamps),
        in_assets=in_assets,
        path_suffices=path_suffices,
    )


PARTS: tuple[Part, ...] = (
    _kubernetes("kube-apiserver", in_assets=True),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    _kubernetes("kubectl", in_assets=True, path_suffices=True),
    Part(
        name="etcd",
        module="go.etcd.io/etcd/server/v3",
        version="v3.6.7",
        package="go.etcd.io/etcd/server/v3",
        in_assets=True,
    ),
    Part(name="kwok", module="sigs.k8s.io/kwok", version="v0.7.0", package="sigs.k8s.io/kwok/cmd/kwok"),
    Part(
        name="prometheus",
        module="github.com/prometheus/prometheus",
        version="v0.307.3",
        package="github.com/prometheus/prometheus/cmd/prometheus",
        stamps=(("github.com/prometheus/common/version.Version", "3.7.3"),),
        # The clouds' service discovery; discovery by file and by HTTP is registered elsewhere and stays.
        without=("plugins/plugins.go",),
        path_replaces=True,
    ),
)


def part(name: str) -> Part:
    """The part of that name."""
    return next(each for each in PARTS if each.name == name)


def _fingerprint() -> str:
    wanted = repr((COMPILE, LINK, sorted(map(repr, PARTS))))
    return hashlib.sha256(wanted.encode()).hexdigest()[:12]


def cache_folder() -> Path:
    """`CANARY_LAB_CACHE`, or a folder below the user's cache that is named after the versions."""
    configured = os.environ.get("CANARY_LAB_CACHE")
    if configured:
        return Path(configured).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "canary-delivery" / f"lab-{_fingerprint()}"


def ready_made(wanted: Part) -> Path | None:
    """A copy that makes building unnecessary, from `KUBEBUILDER_ASSETS`, our cache or PATH; None means: build it."""
    candidates: list[Path | None] = []
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if wanted.in_assets and assets:
        candidates.append(Path(assets) / wanted.name)
    candidates.append(cache_folder() / "bin" / wanted.name)
    if wanted.path_suffices:
        candidates.append(_on_path(wanted.name))
    return _first(candidates)


def locate(name: str) -> Path | None:
    """The program to run, or None when there is none."""
    wanted = part(name)
    return ready_made(wanted) or (_on_path(name) if wanted.path_replaces else None)


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def _first(candidates: Sequence[Path | None]) -> Path | None:
    return next((each for each in candidates if each is not None and os.access(each, os.X_OK)), None)

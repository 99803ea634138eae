"""What libraries import on their way and no part of Canary uses: loaded when somebody does use it, or not at all.

Most of a controller's memory is the code of its libraries. Say what is not needed before the library is imported first.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType


class _Hollow(ModuleType):
    """Has every name, and nothing behind it."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):  # the interpreter asks for these, and believes what it gets
            raise AttributeError(name)


class _HollowLoader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Hollow(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


class _Finder(MetaPathFinder):
    """Comes before the interpreter's own finders and knows what they should not be asked for yet."""

    def __init__(self) -> None:
        self.late: set[str] = set()
        self.absent: set[str] = set()
        self.hollow: set[str] = set()

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname in self.absent:
            raise ModuleNotFoundError(f"{fullname} is left out", name=fullname)
        if fullname in self.hollow:
            return ModuleSpec(fullname, _HollowLoader())
        if fullname not in self.late:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


_finder = _Finder()
sys.meta_path.insert(0, _finder)


def put_off(*modules: str) -> None:
    """Importing these runs them only at the first look at one of their names."""
    _finder.late.update(modules)


def leave_out(*modules: str) -> None:
    """These are never there: for what its importer can do without."""
    _finder.absent.update(modules)


def hollow_out(*modules: str) -> None:
    """Every name of these is None: for what its importer passes on and does not use itself."""
    _finder.hollow.update(modules)


@contextmanager
def without(package: str) -> Iterator[None]:
    """The package is not there for what is imported in this context; afterwards it is as it was."""
    known = {name: sys.modules.pop(name) for name in tuple(sys.modules) if name == package or name.startswith(f"{package}.")}
    _finder.absent.add(package)
    try:
        yield
    finally:
        _finder.absent.discard(package)
        sys.modules.update(known)

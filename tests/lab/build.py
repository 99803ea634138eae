"""Builds the lab's programs with the ordinary `go` client: `python -m tests.lab.build [--check]`.

Every module is required from a small go.mod of ours, because `go install module@version` refuses modules that carry
`replace` or `exclude` lines. Built programs stay in the cache folder and are not built again.
"""

import argparse
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.lab.availability import report
from tests.lab.parts import COMPILE, LINK, PARTS, Part, cache_folder, ready_made

LEAST_GO = (1, 26)
NO_GO = "Go 1.26 or newer is needed to build the lab's programs, and there is no such `go` on PATH (https://go.dev/dl/)."


class BuildFailedError(Exception):
    """A program could not be built; the message holds the end of what the go client said."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what is missing, or with `--check` only say what there is; the exit code for a shell."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.build", description="Build the lab's real programs.")
    parser.add_argument("--check", action="store_true", help="build nothing; exit 1 when something is missing")
    if parser.parse_args(arguments).check:
        lines, complete = report()
        print("\n".join(lines))
        return 0 if complete else 1
    if all(ready_made(each) for each in PARTS):
        print(f"lab: everything is there ({cache_folder()})")
        return 0
    if not _go_is_new_enough():
        print(NO_GO, file=sys.stderr)
        return 1
    try:
        with _exclusively(cache_folder()):
            build_missing()
    except BuildFailedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def build_missing() -> None:
    """Build one program after the other, saying for each how long it took.

    Raises `BuildFailedError` at the first that can't be built; what was built before it stays.
    """
    began = time.monotonic()
    for each in PARTS:
        found = ready_made(each)
        if found:
            print(f"lab: {each.name:<24} is there: {found}", flush=True)
            continue
        print(f"lab: {each.name:<24} {each.version}, building ...", flush=True)
        start = time.monotonic()
        _build(each)
        print(f"lab: {each.name:<24} built in {time.monotonic() - start:.0f} s", flush=True)
    print(f"lab: complete after {time.monotonic() - began:.0f} s, in {cache_folder()}", flush=True)


def _build(wanted: Part) -> None:
    folder = _workspace(wanted)
    target = cache_folder() / "bin" / wanted.name
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".unfinished")
    link = " ".join([*LINK, *(f"-X {variable}={value}" for variable, value in wanted.stamps)])
    _go("build", *COMPILE, "-ldflags", link, "-o", str(unfinished), wanted.package, folder=folder)
    unfinished.replace(target)


def _workspace(wanted: Part) -> Path:
    """A folder whose go.mod requires the module; programs of one module share it."""
    folder = cache_folder() / "src" / wanted.module.replace("/", "_")
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "go.mod").exists():
        return folder
    module = json.loads(_go("mod", "download", "-json", f"{wanted.module}@{wanted.version}", folder=folder))
    replacements = dict(_staging(module["GoMod"], wanted, folder))
    if wanted.without:
        replacements[wanted.module] = _thinned(Path(module["Dir"]), wanted, folder)
    lines = ["module lab", f"go {'.'.join(map(str, LEAST_GO))}", f"require {wanted.module} {wanted.version}"]
    lines += [f"replace {old} => {new}" for old, new in replacements.items()]
    (folder / "go.mod").write_text("\n".join(lines) + "\n")
    return folder


def _staging(go_mod: str, wanted: Part, folder: Path) -> Iterator[tuple[str, str]]:
    """Kubernetes replaces its staging modules by folders of its own; published, they are v0.<minor>.<patch>."""
    published = re.sub(r"^v1\.", "v0.", wanted.version)
    for line in json.loads(_go("mod", "edit", "-json", go_mod, folder=folder)).get("Replace") or ():
        if line["New"]["Path"].startswith("./staging/"):
            path = line["Old"]["Path"]
            yield path, f"{path} {published}"


def _thinned(source: Path, wanted: Part, folder: Path) -> str:
    """A copy of the module without the files that the lab does without, as a replacement path."""
    copy = folder / "thinned"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(source, copy, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns("node_modules", "testdata"))
    for name in wanted.without:
        (copy / name).unlink()
    return "./thinned"


def _go(*arguments: str, folder: Path) -> str:
    """What the go client prints, run in that folder; `BuildFailedError` with its complaint when it fails."""
    environment = os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"}
    done = subprocess.run(["go", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailedError(f"go {' '.join(arguments)} failed:\n{done.stderr[-4000:]}")
    return done.stdout


def _go_is_new_enough() -> bool:
    if shutil.which("go") is None:
        return False
    said = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"go(\d+)\.(\d+)", said)
    return version is not None and (int(version[1]), int(version[2])) >= LEAST_GO


@contextmanager
def _exclusively(folder: Path) -> Iterator[None]:
    """Two builds at once would take each other's memory; the second waits and finds everything there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())

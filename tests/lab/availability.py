"""Says which of the lab's real programs are there and which are missing."""

import shutil

from tests.lab.parts import PARTS, cache_folder, locate
from tests.lab.postgres import binaries

BUILD = "python -m tests.lab.build"
POSTGRES = "postgresql"
OPENSSL = "openssl"


def missing() -> list[str]:
    """Names of the programs that tests marked `lab` need and that are not there; empty means the lab can start."""
    names = [each.name for each in PARTS if locate(each.name) is None]
    names += [] if binaries() else [POSTGRES]
    return names if shutil.which(OPENSSL) else [*names, OPENSSL]


def report() -> tuple[list[str], bool]:
    """One line per program for a person, then what to do about the missing ones; and whether all is there."""
    absent = missing()
    lines = [f"lab: cache folder {cache_folder()}"]
    lines += [f"lab: {each.name:<24} {locate(each.name) or 'MISSING'}" for each in PARTS]
    lines.append(f"lab: {POSTGRES:<24} {binaries() or 'MISSING'}")
    lines.append(f"lab: {OPENSSL:<24} {shutil.which(OPENSSL) or 'MISSING'}")
    from_system = [name for name in absent if name in (POSTGRES, OPENSSL)]
    if len(from_system) < len(absent):
        lines.append(f"lab: `{BUILD}` builds what is missing (Go 1.26 or newer; about ten minutes on two cores, once).")
    if from_system:
        lines.append(f"lab: the system has it: apt-get install {' '.join(from_system)}.")
    return lines, not absent

"""A private PostgreSQL cluster on loopback, in a temporary folder.

PostgreSQL refuses to run as root; started by root, it runs as `postgres` or, where there is no such user, as `nobody`.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Self

from tests.lab.processes import Program, ProgramFailedError, free_port, group_of

DEBIAN = Path("/usr/lib/postgresql")
START = timedelta(seconds=60)
SUPERUSER = "canary"
# A test that loses power loses its database too.
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`: Debian's newest version, or that on PATH; None when there is none."""
    versions = [each for each in DEBIAN.glob("*/bin") if each.parent.name.isdigit() and (each / "initdb").exists()]
    if versions:
        return max(versions, key=lambda each: int(each.parent.name))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Postgres:
    """Start it with `with Postgres() as database:`; `url` names the database `postgres`, to which others may be added."""

    def __init__(self) -> None:
        self._port = free_port()
        self._user = _unprivileged()
        self._folder = Path(tempfile.mkdtemp(prefix="canary-lab-postgres-"))
        self._program: Program | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """For SQLAlchemy with psycopg 3, synchronous or not."""
        return self.database_url("postgres")

    def database_url(self, name: str) -> str:
        """That of another database of this cluster."""
        return f"postgresql+psycopg://{SUPERUSER}@127.0.0.1:{self._port}/{name}"

    def create_database(self, name: str) -> str:
        """Make an empty database and return its URL."""
        arguments = ("-h", "127.0.0.1", "-p", str(self._port), "-U", SUPERUSER, name)
        done = subprocess.run([_binary("createdb"), *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ProgramFailedError(f"createdb {name}: {done.stderr.strip()}")
        return self.database_url(name)

    def start(self) -> None:
        """Make the cluster and return when it takes connections; `ProgramFailedError` with its log when it does not."""
        if self._user:
            shutil.chown(self._folder, self._user)
        data = self._folder / "data"
        self._initialize(data)
        # No Unix socket: its folder would have to exist and to be writable for the other user.
        settings = (f"port={self._port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *NOT_DURABLE)
        flags = [word for setting in settings for word in ("-c", setting)]
        log = self._folder / "postgres.log"
        self._program = Program([_binary("postgres"), "-D", data, *flags], log=log, user=self._user)
        try:
            self._program.wait_until(self._answers, within=START, what="connections")
        except BaseException:
            self._program.kill()
            raise

    def stop(self) -> None:
        """End it and its sessions, and remove its files."""
        if self._program:
            # SIGINT is PostgreSQL's fast shutdown: sessions are ended, not waited for.
            self._program.stop(by=signal.SIGINT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _initialize(self, data: Path) -> None:
        flags = ("--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
        done = subprocess.run(
            [_binary("initdb"), "--pgdata", str(data), *flags],
            capture_output=True,
            text=True,
            check=False,
            cwd=self._folder,
            user=self._user,
            group=self._user and group_of(self._user),
            extra_groups=None if self._user is None else [],
        )
        if done.returncode:
            raise ProgramFailedError(f"initdb ended with {done.returncode}: {done.stderr.strip()}")

    def _answers(self) -> bool:
        asked = [_binary("pg_isready"), "-h", "127.0.0.1", "-p", str(self._port), "-q"]
        return subprocess.run(asked, check=False).returncode == 0


def _unprivileged() -> str | None:
    """The user to run as; None means: as ourselves."""
    if os.geteuid() != 0:
        return None
    known = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _binary(name: str) -> str:
    folder = binaries()
    if folder is None:
        raise FileNotFoundError("There is no PostgreSQL: apt-get install postgresql.")
    return str(folder / name)

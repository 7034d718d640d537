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

    def start(self) -> None:
        options = f"-c fsync=off -c listen_addresses= -k {self.folder}"
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

"""How fast the engine can be, beside three other ways to send: one run, one fake, one machine.

    scripts/benchmark engine [--tls]

The appliance writes a durable ledger (a SQLite file, synchronous=FULL); the others have none.
CPU is the sender's own, with the writing of the audience for the appliance's. See
docs/benchmarks.md.
"""

import argparse
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import stage
from table import Table

from appliance.config import Settings

DELAY = 0.05
UNLIMITED = 50_000.0  # messages/s for the pacer: it works, and does not hold back
PEERS = stage.HERE.parent / ".venv-bench" / "bin" / "python"


@dataclass(frozen=True, slots=True)
class Side:
    """One way to send, as it was measured."""

    name: str
    messages: int
    rate: float
    cpu_ms: float
    fake_share: float
    """Of one core, used by the fake: near 1 the fake was what limited."""


def measured(name: str, fake: stage.FakeApi, figures: dict[str, float], messages: int) -> Side:
    """The rate is the fake's, from the first message it took to the last."""
    seen = fake.stats()
    if seen["accepted"] != messages or seen["duplicates"]:
        sys.exit(f"{name}: {seen['accepted']} of {messages} came, {seen['duplicates']} twice")
    seconds = seen["seconds"] + DELAY  # that until the last answer
    cpu_ms = figures["cpu"] / messages * 1000
    return Side(name, messages, messages / seconds, cpu_ms, seen["cpu"] / seconds)


def appliance(messages: int, directory: Path, *, tls: bool = False) -> Side:
    script = stage.HERE / "senders" / "appliance_engine.py"
    with (
        stage.fake_api(DELAY) as fake,
        tempfile.TemporaryDirectory() as name,
        encrypted(fake, Path(name), on=tls) as (url, more),
        stage.home(messages, url, directory) as settings,
    ):
        command = [sys.executable, script, settings.home, "--rate", UNLIMITED, *more]
        figures = stage.run_side(command, timeout=time_limit(messages))
        check_ledger(settings, messages)
        return measured("appliance, TLS" if tls else "appliance", fake, figures, messages)


def check_ledger(settings: Settings, messages: int) -> None:
    """Ends the benchmark unless the ledger says what the fake saw: everybody, once."""
    with closing(sqlite3.connect(settings.data / "database.db")) as connection:
        query = "SELECT count(DISTINCT message_id), sum(attempts) FROM deliveries WHERE state = 2"
        found = connection.execute(query).fetchone()
    if found != (messages, messages):
        sys.exit(f"the ledger has {found} of {messages} messages")


def time_limit(messages: int) -> float:
    """Seconds after which a side is given up."""
    return 60 + messages / 10


def peer(name: str, python: Path, script: str, messages: int) -> Side:
    with stage.fake_api(DELAY) as fake:
        command = [python, stage.HERE / "senders" / script, fake.url, messages]
        return measured(name, fake, stage.run_side(command, time_limit(messages)), messages)


def find_nginx() -> str | None:
    """Debian keeps it off the path of people who are not root."""
    return shutil.which("nginx", path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin")


@contextmanager
def encrypted(
    fake: stage.FakeApi, directory: Path, *, on: bool
) -> Iterator[tuple[str, list[str | Path]]]:
    """The address to send to, and what the sender has to be told to trust it."""
    if not on:
        yield fake.url, []
        return
    certificate, port = make_certificate(directory), stage.free_port()
    written = directory / "nginx.conf"
    written.write_text(NGINX.format(directory=directory, port=port, upstream=fake.port))
    command = [
        find_nginx() or "nginx",
        "-c",
        written,
        "-p",
        directory,
        "-e",
        directory / "error.log",
    ]
    with stage.running(command):
        stage.wait_for_port(port)
        yield f"https://127.0.0.1:{port}", ["--ca", certificate]


NGINX = """\
daemon off;
worker_processes 1;
pid {directory}/pid;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {directory};
    proxy_temp_path {directory};
    fastcgi_temp_path {directory};
    uwsgi_temp_path {directory};
    scgi_temp_path {directory};
    keepalive_requests 1000000;
    upstream fake {{ server 127.0.0.1:{upstream}; keepalive 600; keepalive_requests 1000000; }}
    server {{
        listen 127.0.0.1:{port} ssl backlog=4096;
        ssl_certificate {directory}/certificate.pem;
        ssl_certificate_key {directory}/key.pem;
        location / {{
            proxy_pass http://fake;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
}}
"""


def make_certificate(directory: Path) -> Path:
    """Signed by itself, for 127.0.0.1."""
    certificate = directory / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(directory / "key.pem"), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    return certificate


def has(python: Path, module: str) -> bool:
    """Whether that Python can import it."""
    if not python.exists():
        return False
    command = [str(python), "-c", f"import {module}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


def compare(table: Table, own: Side, python: Path, scale: float) -> None:
    """The others, each with as many messages as make it run for some ten seconds."""
    sides = (
        ("64 threads of telebot", "telebot", "telebot_threads.py", 10_000, 4),
        ("python-telegram-bot, rate limiter", "telegram", "python_telegram_bot.py", 4_000, 10),
        ("aiogram-broadcaster", "aiogram_broadcaster", "one_by_one.py", 150, 150),
    )
    for name, module, script, messages, times in sides:
        if not has(python, module):
            table.missing(name, f"not installed for {python.name}")
            continue
        side = peer(name, python, script, max(20, int(messages * scale)))
        show(table, side)
        table.at_least(f"appliance against {name}", own.rate / side.rate, times, " ×")


def show(table: Table, side: Side) -> None:
    table.note(
        side.name,
        f"{side.rate:,.0f}/s, {side.cpu_ms:.3f} ms CPU a message"
        f" ({side.messages:,} messages; the fake used {side.fake_share:.0%} of a core)",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=40_000)
    parser.add_argument("--tls", action="store_true", help="also through nginx with TLS")
    parser.add_argument("--smoke", action="store_true", help="a few messages, nothing is judged")
    parser.add_argument("--alone", action="store_true", help="without the others")
    parser.add_argument("--peer-python", type=Path, default=PEERS)
    parser.add_argument("--directory", type=Path, default=stage.DISK, help="on a disk")
    arguments = parser.parse_args()
    if arguments.tls and not find_nginx():
        parser.exit(2, "--tls needs nginx: sudo apt-get install nginx\n")
    if not arguments.smoke:
        stage.check_disk(arguments.directory)
    messages = 1000 if arguments.smoke else arguments.messages
    print(stage.describe_machine(arguments.directory))
    table = Table("Speed, 50 ms to each answer", judge=not arguments.smoke)
    own = appliance(messages, arguments.directory)
    show(table, own)
    table.at_least("appliance, messages/s", own.rate, 4000)
    table.at_most("appliance, CPU a message", own.cpu_ms, 0.15, " ms")
    if arguments.tls:
        encrypted_side = appliance(messages, arguments.directory, tls=True)
        show(table, encrypted_side)
        table.at_least("over TLS, of the plain figure", encrypted_side.rate / own.rate, 0.8)
    if not arguments.alone:
        compare(table, own, arguments.peer_python, messages / 40_000)
    return table.show()


if __name__ == "__main__":
    sys.exit(main())

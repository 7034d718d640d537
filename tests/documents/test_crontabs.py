"""The crontabs of the documents, run by Debian's own cron, whose environment is next to nothing."""

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest

from .test_commands import fences

NAMED = ("docs/cron.md", "docs/notifications.md")
# A cron of our own: other crontabs, and no other cron, are seen.
PRIVATE = """
mount --bind "$1" /var/spool/cron/crontabs
for folder in /etc/cron.d /run; do mount -t tmpfs tmpfs $folder; done
mount --bind /dev/null /etc/crontab
exec "$2" -f
"""


@pytest.fixture
def programs(work, tmp_path):
    """A folder with the programs that the crontabs name; ours is the one that is installed."""
    folder = tmp_path / "bin"
    shutil.copytree(work, folder)
    (folder / "appliance").write_text(f'#!/bin/sh\nexec {sys.executable} -m appliance "$@"\n')
    return folder


def every_minute(code, home, work):
    """The crontab as it stands, but now: its commands are the reader's own, its home is here."""
    code = re.sub(r"^[\d*]\S*(?: +\S+){4}", "* * * * *", code, flags=re.MULTILINE)
    places = {"/var/lib/appliance": home, "/usr/local/bin": work, "/etc/appliance/": f"{work}/"}
    for place, here in places.items():
        code = code.replace(place, str(here))
    return code if "APPLIANCE_HOME" in code else f"APPLIANCE_HOME={home}\n{code}"


@contextmanager
def running_cron(find_program, crontab, folder):
    folder.mkdir(mode=0o700)
    (folder / "root").write_text(crontab)
    (folder / "root").chmod(0o600)
    # Its jobs end with it: the one with --wait would go on without a site.
    alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    words = [*alone, "sh", "-e", "-c", PRIVATE, "sh", folder, find_program("cron")]
    with subprocess.Popen(words) as process:
        try:
            yield
        finally:
            process.kill()


def sent_with_keys(home):
    """What a site has sent under a key, by the beginning of the key."""
    kept = " UNION ALL ".join(
        f"SELECT '{table}', key FROM {table} WHERE key IS NOT NULL"  # noqa: S608 - of our own
        for table in ("broadcasts", "notifications")
    )
    with closing(sqlite3.connect(f"file:{home}/data/database.db?mode=ro", uri=True)) as database:
        rows = database.execute(kept).fetchall()
    return {(table, key.removeprefix("cli:").split("-")[0]) for table, key in rows}


@pytest.mark.slow
def test_debians_cron_runs_them(site, programs, find_program, tmp_path, wait_until):
    crontabs = [
        every_minute(fence.code, site.home, programs)
        for name in NAMED
        for fence in fences(name)
        if fence.language == "crontab"
    ]
    assert len(crontabs) == 2
    expected = {("broadcasts", name) for name in ("rehearsal", "menu", "disk")}
    expected.add(("notifications", "disk"))
    assert not expected & sent_with_keys(site.home)
    with running_cron(find_program, "".join(crontabs), tmp_path / "crontabs"):
        wait_until(lambda: expected <= sent_with_keys(site.home), 150)

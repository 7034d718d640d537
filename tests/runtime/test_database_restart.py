"""PostgreSQL is restarted under a running site: it goes on, and says one line."""

import re

import pytest
from sqlalchemy import select

from appliance import config, env_file
from appliance.config import Settings
from appliance.database import Database
from appliance.models import Lease
from appliance.services import schema
from support.network import free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def server(start_postgresql):
    server = start_postgresql()
    yield server
    server.close()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_is_one_line(server, with_simulator, start, wait_until, mode):
    url = server.new_database()
    home = with_simulator.home
    env_file.write(with_simulator.env_file, config.read_values(home, {}) | {"DATABASE_URL": url})
    schema.upgrade(Settings.load(home, environ={}))
    site = start("serve", "--port", free_port())

    wait_until(lambda: len(lives(url)) == 4, 30, site.log)
    server.stop(mode)
    wait_until(lambda: "the database is away" in site.log(), 20, site.log)
    server.start()
    last = lives(url)
    wait_until(lambda: all(lives(url)[part] > beat for part, beat in last.items()), 30, site.log)
    loud = [line for line in site.log().splitlines() if not re.search(" (INFO|DEBUG) ", line)]
    assert len(loud) == 2, site.log()  # "The site is at …", and ours


def lives(url):
    """When each part gave its last sign of life."""
    database = Database(url)
    with database.reading() as session:
        leases = session.scalars(select(Lease)).all()
    database.dispose()
    return {lease.name: lease.heartbeat_at for lease in leases}

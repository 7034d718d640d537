"""`appliance serve` and `appliance bot` as processes: they start, say where, and stop in time."""

import json
import signal
import socket

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_stops_in_time(serve, port, wait_until, number, parts):
    running = serve("--sandbox")
    wait_until(lambda: f"The site is at http://127.0.0.1:{port} " in running.log(), 5)
    wait_until(lambda: {part["state"] for part in parts().values()}.isdisjoint({"stopped"}), 20)
    assert running.stop(number) == 0
    assert {part["state"] for part in parts().values()} == {"stopped"}
    assert "Stopping …" in running.log()


def test_programs_hear_where_it_is(database, serve, port, wait_until):
    running = serve("--no-bot", "--json", "--quiet", LOG_LEVEL="ERROR")
    wait_until(lambda: running.log().endswith("\n"), 5)
    assert json.loads(running.log()) == {"url": f"http://127.0.0.1:{port}", "bot": False}
    assert running.stop() == 0


def test_it_stops_while_telegram_does_not_answer(database, serve, sandbox, ask):
    ask("faults", {"kind": "latency", "method": "*", "seconds": 60})
    running = serve(BOT_API_URL=sandbox.url)
    assert running.stop() == 0


def test_a_port_in_use_is_one_line(database, appliance, refused, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = appliance("serve", "--sandbox", "--port", port)
    told = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}: Address already in use" in told


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_one_line(database, appliance, host, port):
    done = appliance("serve", "--no-bot", "--host", host, "--port", port)
    assert done.returncode == 1
    assert f"cannot listen on {host}" in done.stderr.strip().splitlines()[-1]


def test_without_a_database_it_says_what_to_run(home, appliance, refused):
    assert f"appliance --home {home} init" in refused(appliance("serve"), 1)


def test_the_simulator_refuses_beside_a_real_token(database, appliance, refused):
    token = "123456789:" + "AbCdEfGhIjKlMnOpQrStUvWxYz012345678"
    done = appliance("serve", "--sandbox", BOT_TOKEN=token)
    assert "real token" in refused(done, 1)


def test_the_site_alone(serve, wait_until, parts):
    running = serve("--no-bot")
    wait_until(lambda: parts()["web"]["state"] == "running", 10)
    assert parts()["delivery"]["state"] == parts()["updates"]["state"] == "stopped"
    assert running.stop() == 0


def test_the_bot_alone(town, start, wait_until, parts):
    running = start("bot")
    wait_until(lambda: parts()["updates"]["state"] not in {"stopped", "dead"}, 20, running.log)
    assert parts()["web"]["state"] == "stopped"
    assert running.stop() == 0


def test_without_a_token_it_says_that_there_is_no_bot(database, serve, wait_until):
    running = serve(BOT_MODE="off")
    wait_until(lambda: "There is no bot" in running.log(), 5)
    assert running.stop() == 0


def test_log_lines_as_json(database, serve):
    running = serve("--sandbox", "--quiet", LOG_FORMAT="json")
    assert running.stop() == 0
    lines = [json.loads(line) for line in running.log().splitlines()]
    assert {tuple(line)[:4] for line in lines} == {("time", "level", "logger", "message")}

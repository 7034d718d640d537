"""`appliance sandbox …`."""

import json
import os
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from appliance import config, env_file
from appliance.cli.root import main


@pytest.fixture
def run(home, sandbox):
    def run(*arguments: str, url: str = sandbox.url) -> Result:
        where = [] if "serve" in arguments else ["--url", url]
        return CliRunner().invoke(main, ["--home", str(home), "sandbox", *arguments, *where])

    return run


def test_populate(run, api):
    result = run("populate", "--count", "5", "--blocked", "2", "--slow", "1", "--json")
    assert result.exit_code == 0, result.output
    people = json.loads(result.stdout)
    assert people == api.control("GET", "/people")["people"]
    assert [sum(p["blocked"] for p in people), sum(p["latency_ms"] == 2000 for p in people)] == [
        2,
        1,
    ]
    assert all(person["started"] for person in people)


def test_populate_without_start_and_in_words(run, api):
    result = run("populate", "--count", "2", "--no-start", "--seed", "1")
    assert result.stdout == "2 people, 0 blocked the bot, 0 are slow\n"
    assert not any(person["started"] for person in api.control("GET", "/people")["people"])


def test_populate_with_groups(run, api):
    result = run("populate", "--count", "7", "--groups", "2", "--channels", "1")
    assert result.stdout.endswith("0 are slow; 2 groups, 1 channels\n")
    chats = api.control("GET", "/chats")["chats"]
    assert [chat["type"] for chat in chats] == ["supergroup", "supergroup", "channel"]
    assert [chat["bot"] for chat in chats] == ["member", "member", "administrator"]
    assert len(chats[0]["members"]) == 6


def test_flood_is_shown_and_switched(run, api):
    assert run("flood").stdout == "Flood control is off; 0 calls refused.\n"
    told = run("flood", "--on", "--rate", "1000").stdout
    assert told == "Flood control is on: 1000 messages a second; 0 calls refused.\n"
    assert api.control("GET", "/flood")["enabled"]
    assert json.loads(run("flood", "--off", "--json").stdout)["enabled"] is False


def test_a_fault_by_its_cause(run, api):
    run("fault", "migrated", "--migrate-to", "-1005", "--chat", "-5")
    [fault] = api.control("GET", "/faults")["faults"]
    assert (fault["migrate_to_chat_id"], fault["chat_id"]) == (-1005, -5)


def test_faults_come_and_go(run, api):
    added = run("fault", "429", "--method", "sendMessage", "--retry-after", "5", "--json")
    assert json.loads(added.stdout)["retry_after"] == 5
    assert api.control("GET", "/faults")["faults"] == [json.loads(added.stdout)]
    assert "429" in run("fault", "--list").stdout
    assert run("fault", "--clear").exit_code == 0
    assert run("fault", "--list").stdout == "No faults.\n"


@pytest.mark.parametrize("arguments", [[], ["429", "--clear"], ["--list", "--clear"], ["418"]])
def test_one_thing_at_a_time(run, arguments):
    assert run("fault", *arguments).exit_code == 2


def test_nobody_answers(run, sandbox):
    sandbox.stop()
    result = run("fault", "--list")
    assert result.exit_code == 1
    assert "appliance sandbox serve" in result.stderr


def test_the_settings_say_where_it_runs(home, sandbox):
    values = config.read_values(home, {})
    env_file.write(home / ".env", {**values, "BOT_API_URL": sandbox.url})
    result = CliRunner().invoke(main, ["--home", str(home), "sandbox", "fault", "--list", "--json"])
    assert (result.exit_code, result.stdout) == (0, "[]\n")


def test_serve_refuses_a_real_token_beside_it(home):
    real = "123456789:AAnot-a-token"
    env_file.write(home / ".env", {"BOT_TOKEN": real})
    result = CliRunner().invoke(main, ["--home", str(home), "sandbox", "serve", "--port", "0"])
    assert result.exit_code != 0
    assert "refuses to run beside it" in result.stderr
    assert real not in result.output


def test_serve_refuses_other_hosts(run):
    result = run("serve", "--host", "0.0.0.0")
    assert result.exit_code != 0
    assert "loopback" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_until_a_signal(home, number):
    command = [sys.executable, "-m", "appliance", "--home", str(home), "sandbox", "serve"]
    options = ["--port", "0", "--json", "--journal", str(home / "people.jsonl")]
    process = subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    told = json.loads(process.stdout.readline())
    assert told["token"] == config.SANDBOX_TOKEN
    assert told["url"].startswith("http://127.0.0.1:")
    os.kill(process.pid, number)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert (home / "people.jsonl").exists()

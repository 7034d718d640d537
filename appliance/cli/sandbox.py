"""`appliance sandbox …`: the Telegram simulator as a server of its own, and what happens in it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from appliance import config
from appliance.cli.context import Context, common_options, pass_context
from appliance.cli.exits import asked_to_stop
from appliance.cli.suggest import SuggestingGroup
from appliance.errors import ConfigError
from appliance.sandbox.world.faults import KINDS

if TYPE_CHECKING:
    from appliance.sandbox.client import ControlClient

DEFAULT_PORT = 8081
_GROUP_SIZE = 5
_url_option = click.option(
    "--url",
    metavar="URL",
    help=f"Where it runs. Default: BOT_API_URL, or http://127.0.0.1:{DEFAULT_PORT}.",
)


@click.group(cls=SuggestingGroup)
def sandbox() -> None:
    """The Telegram simulator: a Bot API server with simulated people.

    \b
    Examples:
      appliance sandbox serve --journal people.jsonl
      appliance sandbox populate --count 200 --blocked 10
      appliance sandbox fault 429 --method sendMessage --count 1 --retry-after 5
    """


@sandbox.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback addresses only.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="0: any free one.",
)
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep people and messages in this file over a restart.",
)
@click.option("--token", help="The bot's token. Default: the simulator's own; never a real one.")
@click.option("--flood", is_flag=True, help="Limit sending as Telegram does.")
@common_options
@pass_context
def serve(
    context: Context, host: str, port: int, journal: Path | None, token: str | None, flood: bool
) -> None:
    """Run the simulator until Ctrl-C or SIGTERM; prints its address.

    It refuses to run beside a real bot's token.

    \b
    Examples:
      appliance sandbox serve
      appliance sandbox serve --port 9000 --journal /tmp/people.jsonl
      appliance sandbox serve --flood
    """
    from appliance.sandbox.server import Sandbox
    from appliance.sandbox.world.flood_control import Limits

    token = _harmless_token(context.home, token)
    limits = Limits() if flood else None
    simulator = Sandbox(token, host=host, port=port, journal=journal, flood=limits)
    with asked_to_stop() as stop:
        simulator.start()
        try:
            context.emit({"url": simulator.url, "token": token}, simulator.url)
            context.remark(f"Point a bot here: BOT_MODE=sandbox BOT_API_URL={simulator.url}")
            stop.wait()
        finally:
            simulator.stop()


@sandbox.command()
@click.option("--count", type=click.IntRange(1), default=20, show_default=True)
@click.option("--blocked", type=click.IntRange(0), default=0, help="How many block the bot.")
@click.option("--slow", type=click.IntRange(0), default=0, help="How many answer slowly.")
@click.option("--latency-ms", type=click.IntRange(0), default=2000, show_default=True)
@click.option("--start/--no-start", default=True, show_default=True, help="Do they press Start?")
@click.option("--seed", type=click.IntRange(0), help="The same seed makes the same people.")
@click.option("--groups", type=click.IntRange(0), default=0, help="Groups with the bot in them.")
@click.option("--channels", type=click.IntRange(0), default=0, help="Channels that it leads.")
@_url_option
@common_options
@pass_context
def populate(
    context: Context,
    count: int,
    blocked: int,
    slow: int,
    latency_ms: int,
    start: bool,
    seed: int | None,
    groups: int,
    channels: int,
    url: str | None,
) -> None:
    """Add simulated people, and groups of them, to a running simulator.

    \b
    Examples:
      appliance sandbox populate --count 200 --blocked 10 --slow 5
      appliance sandbox populate --count 3 --no-start --seed 1 --json
      appliance sandbox populate --count 10 --groups 2 --channels 1
    """
    body: dict[str, Any] = {"count": count, "blocked": blocked, "slow": slow, "start": start}
    body["latency_ms"] = latency_ms
    if seed is not None:
        body["seed"] = seed
    client = _client(context, url)
    people = client.call("POST", "/people", body)["people"]
    summary = f"{len(people)} people, {blocked} blocked the bot, {slow} are slow"
    if groups or channels:
        _add_chats(client, people, groups, channels)
        summary = f"{summary}; {groups} groups, {channels} channels"
    context.report(people, summary)


@sandbox.command()
@click.argument("kind", required=False, type=click.Choice(KINDS))
@click.option("--method", help="Which calls; default: all but getUpdates. '*' is truly all.")
@click.option("--chat", "chat_id", type=int, help="Only calls to this chat.")
@click.option("--count", type=click.IntRange(1), help="How often; default: until it is cleared.")
@click.option("--probability", type=click.FloatRange(0, 1), help="How likely for each call.")
@click.option("--retry-after", type=click.IntRange(0), help="Seconds, for 429.")
@click.option("--seconds", type=click.FloatRange(0, 3600), help="How long, for latency and slow.")
@click.option("--migrate-to", "migrate_to_chat_id", type=int, help="The new id, for migrated.")
@click.option("--description", help="In place of Telegram's usual words.")
@click.option("--list", "show", is_flag=True, help="Show what is set.")
@click.option("--clear", is_flag=True, help="Take all faults away.")
@_url_option
@common_options
@pass_context
def fault(
    context: Context,
    /,
    kind: str | None,
    show: bool,
    clear: bool,
    url: str | None,
    **details: Any,
) -> None:
    """Let something go wrong in a running simulator.

    KIND is an answer by its number or its cause (blocked, migrated, bad_entities …), latency (the
    call waits first), slow (it is accepted, the answer waits), close_before (the connection breaks
    before the message is accepted) or close_after (it breaks after).

    \b
    Examples:
      appliance sandbox fault 429 --count 1 --retry-after 5
      appliance sandbox fault close_after --method sendMessage --probability 0.01
      appliance sandbox fault latency --seconds 2 --chat 5551234567
      appliance sandbox fault 409 --count 3
      appliance sandbox fault --list
      appliance sandbox fault --clear
    """
    if sum((kind is not None, show, clear)) != 1:
        raise click.UsageError("expected one of: a KIND, --list, --clear")
    client = _client(context, url)
    if clear:
        client.call("DELETE", "/faults")
        context.report([], "No faults.")
    elif show:
        faults = client.call("GET", "/faults")["faults"]
        context.emit(faults, "\n".join(map(_line, faults)) or "No faults.")
    else:
        body = {name: value for name, value in details.items() if value is not None}
        added = client.call("POST", "/faults", {"kind": kind, **body})
        context.report(added, _line(added))


@sandbox.command()
@click.option("--on/--off", "enabled", default=None, help="Default: only show how it stands.")
@click.option("--rate", "per_second", type=click.IntRange(0), help="Messages a second; default 30.")
@_url_option
@common_options
@pass_context
def flood(context: Context, enabled: bool | None, per_second: int | None, url: str | None) -> None:
    """Show, switch on or switch off Telegram's limits on sending.

    \b
    Examples:
      appliance sandbox flood --on
      appliance sandbox flood --on --rate 1000
      appliance sandbox flood --json
    """
    client = _client(context, url)
    if enabled is None and per_second is None:
        state = client.call("GET", "/flood")
    else:
        rate = {} if per_second is None else {"per_second": per_second}
        state = client.call("PUT", "/flood", {"enabled": enabled is not False, **rate})
    limits = f"on: {state['per_second']} messages a second" if state["enabled"] else "off"
    show = context.emit if enabled is None and per_second is None else context.report
    show(state, f"Flood control is {limits}; {state['refused']} calls refused.")


def _add_chats(
    client: "ControlClient", people: list[dict[str, Any]], groups: int, channels: int
) -> None:
    ids = [person["id"] for person in people]
    for number in range(groups):
        group = {"type": "supergroup", "title": f"Group {number + 1}", "members": ids[:_GROUP_SIZE]}
        client.call("POST", "/chats", group)
    for number in range(channels):
        client.call("POST", "/chats", {"type": "channel", "title": f"Channel {number + 1}"})


def _line(fault: dict[str, Any]) -> str:
    details = [f"{k}={v}" for k, v in fault.items() if v is not None and k not in ("id", "kind")]
    return " ".join([f"{fault['id']:>3}  {fault['kind']:<12}", *details])


def _client(context: Context, url: str | None) -> "ControlClient":
    from appliance.sandbox.client import ControlClient

    base_url = url or config.read_values(context.home).get("BOT_API_URL") or _of_serve(context)
    return ControlClient(base_url or f"http://127.0.0.1:{DEFAULT_PORT}")


def _of_serve(context: Context) -> str | None:
    """The simulator that runs inside `serve`, if this home ever had one."""
    from appliance.crud.settings import simulator_url

    if not (context.home / ".env").exists():
        return None
    with context.database.reading() as session:
        return simulator_url(session)


def _harmless_token(home: Path, token: str | None) -> str:
    """The token to serve. Raises ConfigError where a real one is given or configured."""
    configured = config.read_values(home).get("BOT_TOKEN")
    if configured and config.is_real_token(configured):
        raise ConfigError(
            "BOT_TOKEN is a real bot's token: the simulator refuses to run beside it;"
            f" unset it and take it out of {home / '.env'}, or choose another --home"
        )
    return token or configured or config.SANDBOX_TOKEN

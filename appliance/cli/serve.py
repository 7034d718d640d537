"""`appliance serve` and `appliance bot`: run until Ctrl-C or SIGTERM."""

import dataclasses
import sys

import click

from appliance.cli.context import Context, common_options, pass_context
from appliance.cli.exits import asked_to_stop
from appliance.config import LOOPBACK, Settings

SWITCH_INTERVAL_SECONDS = 0.0005
"""How long a busy thread keeps the others waiting. Every SQL statement releases Python's lock; with
the default of 5 ms the handler of updates then waited that long, whenever the engine was busy."""


@click.command()
@click.option("--host", help="Address to listen on. Default: HOST, or 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: PORT, or 8080.")
@click.option("--no-bot", is_flag=True, help="The site alone: no updates, nothing is sent.")
@click.option("--sandbox", is_flag=True, help="With the built-in Telegram simulator.")
@common_options
@pass_context
def serve(
    context: Context, host: str | None, port: int | None, no_bot: bool, sandbox: bool
) -> None:
    """Run the site, the bot, delivery and schedule in one process.

    \b
    Examples:
      appliance --home ~/club serve
      appliance --home /tmp/try serve --sandbox --port 9000
    """
    # As if BOT_MODE were sandbox, which is refused beside a real token.
    settings = context.load_settings(sandbox=True) if sandbox else context.settings
    settings = dataclasses.replace(settings, host=host or settings.host, port=port or settings.port)
    _run(context, settings, web=True, bot=not no_bot)


@click.command()
@click.option(
    "--webhook",
    is_flag=True,
    help="Updates come to the site (`serve --no-bot`), whatever BOT_MODE says.",
)
@common_options
@pass_context
def bot(context: Context, webhook: bool) -> None:
    """Run updates, delivery and schedule without the site.

    Beside a running `serve` it stands by and takes over when that one dies.

    \b
    Examples:
      appliance bot
      appliance bot --webhook     beside `appliance serve --no-bot`
    """
    _run(context, context.settings, web=False, bot=True, by_webhook=webhook)


def _run(
    context: Context, settings: Settings, *, web: bool, bot: bool, by_webhook: bool = False
) -> None:
    from appliance.runtime import Runtime
    from appliance.runtime.logs import set_up

    set_up(settings)
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    with (
        asked_to_stop() as stop,
        Runtime(settings, web=web, bot=bot, by_webhook=by_webhook) as runtime,
    ):
        if context.json:
            address = f"http://{settings.host}:{settings.port}" if web else None
            context.emit({"url": address, "bot": bot and settings.bot_enabled}, "")
        if web:
            context.remark(
                f"The site is at http://{settings.host}:{settings.port} (Ctrl-C stops it)"
            )
        if settings.sandbox and settings.host not in LOOPBACK:
            context.remark("Careful: whoever reaches this address can use the simulated phones.")
        if bot and not settings.bot_enabled:
            context.remark("There is no bot: BOT_TOKEN is not set, or BOT_MODE is off.")
        runtime.wait(stop)
        context.remark("Stopping …")

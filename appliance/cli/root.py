"""The root of the command line: loads a command's module only when it is asked for.

`appliance --help` answers in some 65 ms because of it; importing everything takes 0.6 s.
"""

import importlib
import os
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from appliance import __version__
from appliance.cli.context import Context
from appliance.cli.exits import exit_clearly
from appliance.cli.process import streams
from appliance.cli.suggest import SuggestingGroup

COMMANDS = {
    "init": ("appliance.cli.init:init", "Make a home: settings, database, first admin."),
    "serve": ("appliance.cli.serve:serve", "Run the site and the bot."),
    "bot": ("appliance.cli.serve:bot", "Run the bot without the site."),
    "demo": ("appliance.cli.demo:demo", "Watch everything work, with simulated people."),
    "broadcast": (
        "appliance.cli.broadcast.commands:broadcast",
        "Write to many people; see what happened.",
    ),
    "notify": ("appliance.cli.notify:notify", "Tell one person, a topic or a role something."),
    "inbox": ("appliance.cli.inbox.commands:inbox", "What people write to the bot, and answers."),
    "user": ("appliance.cli.user:user", "Accounts of the web site."),
    "token": ("appliance.cli.token:token", "Keys with which programs use the API."),
    "chat": ("appliance.cli.chat:chat", "People, groups and channels on Telegram."),
    "topic": ("appliance.cli.topic:topic", "What people may subscribe to."),
    "status": ("appliance.cli.status:status", "What runs, what waits."),
    "prune": ("appliance.cli.prune:prune", "Delete what is old: ledger lines, messages."),
    "upgrade": ("appliance.cli.upgrade:upgrade", "Bring the database to this version."),
    "completion": (
        "appliance.cli.help.completion:completion",
        "Commands and options with the tab key.",
    ),
    "man": ("appliance.cli.help.manual:manual", "The manual page."),
    "sandbox": ("appliance.cli.sandbox:sandbox", "The Telegram simulator."),
}


class LazyGroup(SuggestingGroup):
    """A group whose commands are named in a table and imported when used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        # Click's own would import every command, for its help.
        names = [name for name in COMMANDS if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(name, help=COMMANDS[name][1]) for name in names), *options]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def main(self, *args: Any, **kwargs: Any) -> Any:
        # Around all that Click writes by itself, such as help.
        streams.prepare()
        with exit_clearly():
            return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        # Around every command here, so that none of them has to turn errors into exit codes.
        with exit_clearly(lambda: ctx.obj):
            return super().invoke(ctx)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="appliance")
@click.option(
    "--home",
    type=click.Path(file_okay=False, readable=False, path_type=Path),
    help="The directory with .env and data/. Default: $APPLIANCE_HOME, or the working directory.",
)
@click.pass_context
def main(ctx: click.Context, home: Path | None) -> None:
    """A members' site and a Telegram bot in one package.

    \b
    Start here:
      appliance demo                       everything at work, no bot token needed
      appliance --home ~/club init         make a home for a real site
      appliance --home ~/club serve        run it
    """
    os.umask(0o077)  # what the program writes is its owner's: the database, keys, exports
    ctx.obj = Context(home)

"""`appliance init`: make a home."""

from pathlib import Path

import click

from appliance.cli.context import Context, common_options, pass_context
from appliance.languages import LANGUAGES


@click.command()
@click.option(
    "--domain", help="The site's host name, e.g. club.example.org; leave out to try it locally."
)
@click.option(
    "--bot-token", help="From @BotFather. Better: --bot-token-file, which no process list shows."
)
@click.option(
    "--bot-token-file", type=click.Path(path_type=Path), help="A file with the bot token."
)
@click.option("--admin-email", help="The first admin's email address.")
@click.option("--admin-name", help="The first admin's name. Default: Admin.")
@click.option(
    "--admin-password-file",
    type=click.Path(path_type=Path),
    help="A file with the first admin's password (at least 10 characters); '-' is standard input.",
)
@click.option("--language", type=click.Choice(LANGUAGES), help="The site's own language.")
@click.option(
    "--sandbox", is_flag=True, help="Use the built-in Telegram simulator; needs no token."
)
@click.option("--yes", is_flag=True, help="Never ask; what is missing is an error.")
@common_options
@pass_context
def init(
    context: Context,
    domain: str | None,
    bot_token: str | None,
    bot_token_file: Path | None,
    admin_email: str | None,
    admin_name: str | None,
    admin_password_file: Path | None,
    language: str | None,
    sandbox: bool,
    yes: bool,
) -> None:
    """Make a home: .env, the database, the first admin.

    Run again, it changes nothing and says so. Without a terminal, it never asks.

    \b
    Examples:
      appliance --home ~/club init
      appliance --home /var/lib/appliance init --domain club.example.org \\
          --bot-token-file token --admin-email me@example.org --admin-password-file password --yes
      appliance --home /tmp/try init --sandbox --admin-email me@example.org \\
          --admin-password-file password
    """
    from appliance.cli.input import Prompter
    from appliance.cli.process.env_file import oddities
    from appliance.cli.setup import InitOptions, make_home

    prompter = Prompter(context.interactive and not yes)
    options = InitOptions(
        domain=domain,
        bot_token=prompter.secret_from(bot_token, bot_token_file, "--bot-token-file"),
        admin_email=admin_email,
        admin_name=admin_name or "Admin",
        admin_password=prompter.secret_from(None, admin_password_file, "--admin-password-file"),
        language=language,
        sandbox=sandbox,
    )
    for line in oddities(context.home):
        context.remark(f"appliance: {line}")
    result = make_home(context.home, options, prompter)
    for line in result.lines:
        context.remark(line)
    context.report(result.document, result.summary)

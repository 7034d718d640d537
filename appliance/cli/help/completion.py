"""`appliance completion SHELL`: the script that a shell evaluates."""

import click
from click.shell_completion import get_completion_class

from appliance.cli.context import Context, common_options, pass_context

PROGRAM = "appliance"
SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@common_options
@pass_context
def completion(context: Context, shell: str) -> None:
    """The script that completes commands and options with the tab key.

    \b
    Examples:
      eval "$(appliance completion bash)"        in ~/.bashrc
      appliance completion zsh > _appliance      in a folder of $fpath
      appliance completion fish > ~/.config/fish/completions/appliance.fish
    """
    script = script_for(click.get_current_context().find_root().command, shell)
    context.emit({"shell": shell, "script": script}, script.rstrip("\n"))


def script_for(root: click.Command, shell: str) -> str:
    """Made by Click; which version the shell has is its user's business."""
    made_by = get_completion_class(shell)
    if made_by is None:  # one of SHELLS that Click no longer knows
        raise click.UsageError(f"there is no completion for {shell}")
    maker = made_by(root, {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE")
    return str(maker.source_template % maker.source_vars())

"""What somebody meant who mistyped a command."""

import re
from collections.abc import Iterable

import click

MOST_OFF = 2
"""Letters by which a word may differ from a command, to be taken for it."""


def meant(word: str, commands: Iterable[str]) -> str | None:
    """The command that a word begins, or is two letters off; None where it is none of them."""
    typed = word.lower()
    if not re.fullmatch(r"[a-z][a-z_-]+", typed):
        return None
    off = {name: 0 if name.startswith(typed) else distance(typed, name) for name in commands}
    nearest = min(off, key=lambda name: (off[name], name), default=None)
    return nearest if nearest is not None and off[nearest] <= MOST_OFF else None


def distance(one: str, other: str) -> int:
    """Letters to leave out, put in, change or swap with their neighbours (Damerau, OSA)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before = before, row
        row = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


class SuggestingGroup(click.Group):
    """A group that says which command a mistyped one may have been."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            near = meant(args[0], self.list_commands(ctx)) if args else None
            if near is None:
                raise
            ctx.fail(f"No such command {args[0]!r}: did you mean {near!r}?")

"""What `broadcast send` and `broadcast plan` share: the text, who gets it, the canary."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from appliance.cli.broadcast.content_options import What, content_options
from appliance.cli.context import Context
from appliance.cli.options import bundled
from appliance.errors import Invalid

if TYPE_CHECKING:
    from appliance.services.broadcasts import NewBroadcast

OPTIONS = (
    click.argument("text", required=False),
    click.option(
        "--to",
        multiple=True,
        metavar="AUDIENCE",
        help="all (the default), linked, unlinked, groups, channels, topic:NAME,"
        " user:EMAIL, chat:ID, role:ROLE, lang:CODE. Repeatable.",
    ),
    click.option(
        "--not", "exclude", multiple=True, metavar="AUDIENCE", help="Leave these out. Repeatable."
    ),
    click.option("--track", is_flag=True, help="Count clicks on links and buttons."),
    click.option(
        "--canary", type=int, metavar="N", help="N people first; the rest if few fail or block."
    ),
    click.option(
        "--canary-limit", metavar="SHARE", help="How many may fail or block. Default: 10%."
    ),
    click.option(
        "--canary-wait", metavar="DURATION", help="How long to wait before the rest. Default: 60s."
    ),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the options say, as it was typed."""

    text: str | None
    to: tuple[str, ...]
    exclude: tuple[str, ...]
    track: bool
    canary: int | None
    canary_limit: str | None
    canary_wait: str | None
    what: What

    def build(self, context: Context, **values: Any) -> "NewBroadcast":
        """The broadcast; `values` are further fields. Raises Invalid, Unavailable."""
        from appliance.services.broadcasts import NewBroadcast, click_tracking
        from appliance.services.timing import clock

        content = self.what.fields(context, self.text)
        if self.track:
            content["options"] = {**content["options"], "track": True}
            click_tracking.check(context.settings, content["options"])
        wait, limit = self.canary_wait, self.canary_limit
        return NewBroadcast(
            to=self.to or ("all",),
            exclude=self.exclude,
            canary=self.canary,
            canary_limit=_share(limit) if limit is not None else None,
            canary_wait=clock.parse_duration(wait, "canary_wait") if wait is not None else None,
            **content,
            **values,
        )


draft_options = bundled(Draft, (*OPTIONS, content_options), "draft")


def _share(text: str) -> float:
    """A share as a number: 0.1 for `10%` and for `0.1`. Raises Invalid."""
    number, percent, rest = text.strip().partition("%")
    try:
        if not rest:
            return float(number) / 100 if percent else float(number)
    except ValueError:
        pass
    message = f"invalid --canary-limit {text!r}: expected a share like 10% or 0.1"
    raise Invalid.at("canary_limit", message)

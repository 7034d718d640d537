"""When to send: the options that `broadcast send` and `broadcast plan` share."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from appliance.cli.context import Context
from appliance.cli.options import bundled

if TYPE_CHECKING:
    from appliance.services.broadcasts import NewBroadcast

OPTIONS = (
    click.option(
        "--at", metavar="TIME", help="Not before, like '2026-12-24 18:00', or with an offset."
    ),
    click.option("--cron", metavar="EXPRESSION", help="Repeat at these times, like '0 9 * * MON'."),
    click.option("--name", help="What the schedule of --cron is called."),
    click.option(
        "--timezone", metavar="ZONE", help="Of --at and --cron. Default: the site's own (TIMEZONE)."
    ),
    click.option(
        "--max-late",
        metavar="DURATION",
        help="How late it may begin; later, it is skipped. Default: 30m, or none without a time.",
    ),
    click.option(
        "--quiet-hours",
        metavar="HOURS",
        help="Send nothing in these hours of the recipient's day, like 22:00-08:00.",
    ),
)


@dataclass(frozen=True, slots=True)
class When:
    """What the options say, as it was typed."""

    at: str | None
    cron: str | None
    name: str | None
    timezone: str | None
    max_late: str | None
    quiet_hours: str | None

    def applied(self, context: Context, new: "NewBroadcast") -> "NewBroadcast":
        """The broadcast with its times. Raises Invalid."""
        from appliance.services.timing import clock

        late = self.max_late
        return replace(
            new,
            starts_at=clock.parse_at(self.at, self.zone(context)) if self.at else None,
            max_late=clock.parse_duration(late) if late is not None else None,
            quiet=self.quiet_hours,
        )

    def zone(self, context: Context) -> str:
        return self.timezone if self.timezone is not None else context.settings.timezone

    def check(self, *, key: str | None, wait: bool) -> None:
        """Raises UsageError for options that contradict one another."""
        if self.cron is None:
            if self.name is not None:
                raise click.UsageError("--name goes with --cron")
            if self.at is None and self.timezone is not None:
                raise click.UsageError("--timezone goes with --at or --cron")
        elif self.at is not None or key is not None or wait:
            raise click.UsageError("--cron goes without --at, --key and --wait")
        elif self.name is None:
            raise click.UsageError("--cron goes with --name, the name of the schedule")


time_options = bundled(When, OPTIONS, "when")

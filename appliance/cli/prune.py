"""`appliance prune`: what `serve` does once a day by RETENTION, by hand."""

import click

from appliance.cli.context import Context, common_options, pass_context


@click.command()
@click.option("--older-than", metavar="DAYS", help="Such as 90d. Default: RETENTION.")
@click.option("--dry-run", is_flag=True, help="Count only.")
@common_options
@pass_context
def prune(context: Context, older_than: str | None, dry_run: bool) -> None:
    """Delete ledger lines, history, updates and messages that are old. Counts of broadcasts stay.

    Broadcasts that are not over keep everything. `serve` does this once a day by itself.

    \b
    Examples:
      appliance prune --dry-run
      appliance prune --older-than 90d
    """
    from appliance.config import parse_retention
    from appliance.crud import retention as rows
    from appliance.models import utcnow
    from appliance.services import retention

    age = context.settings.retention
    if older_than is not None:
        age = parse_retention(older_than, "--older-than")
    if age is None:
        return context.emit({}, "RETENTION is off: everything is kept.")
    before = utcnow() - age
    if dry_run:
        with context.database.reading() as session:
            counts = rows.count(session, before)
        return context.emit(counts, _table(counts))
    counts = dict(retention.prune(context.database.writing, before))
    return context.report(counts, _table(counts))


def _table(counts: dict[str, int]) -> str:
    return "\n".join(f"{kind:<11} {count}" for kind, count in counts.items())

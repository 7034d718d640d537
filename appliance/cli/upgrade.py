"""`appliance upgrade`: bring the database to this version's schema."""

import click

from appliance.cli.context import Context, common_options, pass_context


@click.command()
@common_options
@pass_context
def upgrade(context: Context) -> None:
    """Bring the database to this version's schema; does nothing when it is there already.

    \b
    Example:
      appliance --home ~/club upgrade
    """
    from appliance.database import SCHEMA, schema_version
    from appliance.services import schema

    settings = context.settings
    before = schema_version(settings.database_url)
    if before != SCHEMA:
        schema.upgrade(settings)
    document = {"from": before, "to": SCHEMA, "changed": before != SCHEMA}
    text = f"The database is at schema {SCHEMA}" + (
        "." if before != SCHEMA else " already: nothing was changed."
    )
    context.report(document, text)

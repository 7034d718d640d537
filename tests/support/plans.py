"""How a database goes about what a query asks for: told by its plan, not by a clock."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from appliance.database import Database

_EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}


def plans(
    database: Database, look: Callable[[Session], object], without: Sequence[str] = ()
) -> list[list[str]]:
    """The steps of each SELECT that `look` makes.

    `without` are PostgreSQL's ways that tables of a test are too small to rule out, such as
    "seqscan".
    """
    statements: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            statements.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.reading() as session:
            look(session)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    with database.reading() as session:
        connection, dialect = session.connection(), database.engine.dialect.name
        for way in without if dialect == "postgresql" else ():
            session.execute(text(f"SET LOCAL enable_{way} = off"))
        explained = [
            connection.exec_driver_sql(f"{_EXPLAIN[dialect]} {statement}", parameters)
            for statement, parameters in statements
        ]
        return [[str(row[-1]) for row in rows] for rows in explained]

"""What every table shares: the base class, ids, and times in UTC."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, registry

from appliance import clock

BigId = BigInteger().with_variant(Integer, "sqlite")
"""Telegram's ids need 64 bits. SQLite counts rows up by itself only where the type is INTEGER,
which has 64 bits there."""

MAX_ID = 2**63 - 1
"""The largest id that both databases can store. Above it the drivers raise, so numbers from outside
are compared with it before they are looked up."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time. SQLite drops time zones: checked going in, put back coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def utcnow() -> datetime:
    """By the clock that counts: PostgreSQL's, or this machine's."""
    return clock.now()


class Base(DeclarativeBase):
    """The base class of every table; Flask-SQLAlchemy is given it as its `model_class`."""

    # A registry and not `metadata` and `type_annotation_map` beside each other: Flask-SQLAlchemy
    # makes `db.Model` from a copy of this class, and SQLAlchemy refuses a copy that has those.
    registry = registry(
        metadata=MetaData(
            # SQLite changes a constraint by making the table anew, which Alembic can do only for
            # constraints that have a name.
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON},
    )

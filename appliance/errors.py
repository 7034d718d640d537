"""The tree of domain errors.

Every error says what is wrong, where, and what to do, in one line without a secret in it. The web
maps this tree to HTTP statuses once (`routers/api/problems.py`), the command line to exit codes
once (`cli/exits.py`).

Messages are English. Those that people on the web can meet are made by `localized`, so that the
edge can translate them (`services/i18n`); the command line shows them as they are.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


class Localized(str):
    """An English text that knows its template and values, made by `localized`.

    It is a `str`, so that whoever only shows it need not know that it can be translated.
    """

    template: str
    plural: str | None
    """The template for a `count` other than 1; None: there is no number to agree with."""
    values: Mapping[str, object]

    @classmethod
    def of(cls, template: str, plural: str | None, values: Mapping[str, object]) -> "Localized":
        """Raises LookupError: the template takes a value that is not there."""
        english = template if plural is None or values["count"] == 1 else plural
        text = cls(english.format_map(values))
        text.template, text.plural, text.values = template, plural, values
        return text

    def dump(self, limit: int | None = None) -> str:
        """For a column of `limit` characters; the bare English where the whole is too long.

        It is written once and read in any language: so the template is stored with its values.
        """
        dumped = json.dumps(self._parts(), ensure_ascii=False, separators=(",", ":"), default=str)
        return dumped if limit is None or len(dumped) <= limit else str(self)[:limit]

    @classmethod
    def load(cls, stored: str | None) -> str | None:
        """`Localized` again where `dump` wrote it; any other text, such as Telegram's, as it is."""
        if stored is None or not stored.startswith(_DUMPED):
            return stored
        try:
            return cls._of_parts(json.loads(stored))
        except (ValueError, LookupError, AttributeError):  # cut off, or of another version
            return stored

    def _parts(self) -> dict[str, Any]:
        values = {
            name: value._parts() if isinstance(value, Localized) else value
            for name, value in self.values.items()
        }
        plural = {} if self.plural is None else {"plural": self.plural}
        return {"said": self.template, **plural, "with": values}

    @classmethod
    def _of_parts(cls, parts: dict[str, Any]) -> "Localized":
        values = {
            name: cls._of_parts(value) if isinstance(value, dict) else value
            for name, value in parts["with"].items()
        }
        return cls.of(parts["said"], parts.get("plural"), values)


_DUMPED = '{"said":'  # how every dump begins; rows of databases do, so it stays


def localized(template: str, /, **values: object) -> Localized:
    """The template with its `{names}` filled in.

    `template` must be written out at the call: `scripts/translations` finds it there and puts it
    into the catalogues, `locales/*/LC_MESSAGES/messages.po`.
    """
    return Localized.of(template, None, values)


def localized_plural(one: str, other: str, /, count: int, **values: object) -> Localized:
    """`one` for a `{count}` of 1, `other` for all else; other languages have forms of their own."""
    return Localized.of(one, other, {"count": count, **values})


class ApplianceError(Exception):
    """Root of every error this package raises on purpose; `str(error)` is shown to people."""

    @property
    def message(self) -> str:
        """What was raised: `str(error)`, still `Localized` where it was made so."""
        return self.args[0] if self.args else ""


class ConfigError(ApplianceError):
    """A setting, the home directory or `.env` cannot be used; says which and what it takes."""


class SchemaError(ApplianceError):
    """The database is older or newer than this program; says the command to run."""


class NotFound(ApplianceError):
    """A user, chat, broadcast or other thing with that id does not exist."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where an input is wrong.

    `field` is the input's name; `offset` counts code points from the start of the text, `line` and
    `column` count from 1; all three are None where the fault is not at a place in a text.
    """

    field: str
    message: str
    offset: int | None = None
    line: int | None = None
    column: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value is not None}


class Invalid(ApplianceError):
    """An input was refused before anything was stored; `faults` lists every place."""

    def __init__(self, message: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults

    @classmethod
    def at(cls, field: str, message: str, offset: int | None = None) -> "Invalid":
        """One fault, in the input of that name; its words are the message, too."""
        return cls(message, (Fault(field, message, offset),))

    @classmethod
    def raise_for(cls, faults: tuple[Fault, ...]) -> None:
        """Raises for all of these; the first one's words are the message. Nothing for none."""
        if faults:
            raise cls(faults[0].message, faults)


class Conflict(ApplianceError):
    """The request contradicts what is stored already (a taken name, a wrong state)."""


class KeyReused(Conflict):
    """A key against repetition came with something else than the first time."""


class EmailTaken(Conflict):
    """Another account has this email address."""


class AlreadyLinked(Conflict):
    """The Telegram account or the user is linked elsewhere; unlink there first."""


class Unauthorized(ApplianceError):
    """Nobody is logged in, or the credentials are wrong."""


class Expired(ApplianceError):
    """A proof that was good once: it is too old, or was used already."""


class Forbidden(ApplianceError):
    """The user is known and may not do this."""


class TooManyRequests(ApplianceError):
    """The caller should slow down; `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NothingToDo(ApplianceError):
    """The audience is empty: nothing was queued."""


class TryLater(ApplianceError):
    """Not possible now, possible later (no engine, a flood pause, a lease held elsewhere)."""


class Unavailable(ApplianceError):
    """A part of the outside (the Bot API, a port) cannot be reached or used."""


class BadToken(Unavailable):
    """Telegram does not know the bot token."""

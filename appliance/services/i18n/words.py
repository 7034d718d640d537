"""English words that stand in no call of `localized`: `scripts/translations` finds them here."""

from typing import NamedTuple


class Word(NamedTuple):
    """What a value of a kind is called.

    `{status}` in a template is filled with a word of the kind "status", `{your_role}` with one of
    the kind "role".
    """

    kind: str
    value: str


WORDS = frozenset(
    (
        Word("role", "member"),
        Word("role", "operator"),
        Word("role", "admin"),
        Word("status", "draft"),
        Word("status", "preparing"),
        Word("status", "scheduled"),
        Word("status", "running"),
        Word("status", "paused"),
        Word("status", "halted"),
        Word("status", "cancelled"),
        Word("status", "done"),
        # "it cannot be …"
        Word("done", "paused"),
        Word("done", "resumed"),
        Word("done", "cancelled"),
        Word("title", "Bad Request"),
        Word("title", "Unauthorized"),
        Word("title", "Forbidden"),
        Word("title", "Not Found"),
        Word("title", "Method Not Allowed"),
        Word("title", "Conflict"),
        Word("title", "Gone"),
        Word("title", "Request Entity Too Large"),
        Word("title", "Unsupported Media Type"),
        Word("title", "Unprocessable Entity"),
        Word("title", "Too Many Requests"),
        Word("title", "Internal Server Error"),
        Word("title", "Service Unavailable"),
        Word("which", "failed"),
        Word("which", "unknown"),
    )
)


def _former(template: str) -> str:
    return template


FORMER = (
    _former("canary: of {tried} people {bad} failed or blocked the bot"),
    _former("{result}; 1 slot before it since {since} missed"),
    _former("{result}; {count} slots before it since {since} missed"),
    _former("nobody is in this audience: nothing was queued"),
    _former("clicks are counted where the site can be reached: set DOMAIN, or do not track"),
    _former("{name} is no time zone: it takes a name like Europe/Berlin"),
)
"""Templates that are made no more, but that databases hold (`Localized.dump`): a template whose
English is changed comes here if it was stored, so that what was noted with it is still translated.
"""

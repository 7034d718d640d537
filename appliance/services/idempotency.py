"""Keys by which a request that is repeated is known: it does nothing again."""

from collections.abc import Sequence

from appliance.errors import Invalid, KeyReused, localized

LONGEST = 255
"""Characters, of the columns that keep them."""


def check_key(key: str | None, longest: int = LONGEST) -> None:
    """Raises Invalid. None is no key: every such request is a new one."""
    if key is not None and not 0 < len(key) <= longest:
        raise Invalid.at("key", localized("the key must have 1 to {most} characters", most=longest))


BEGINNING = 40
"""Characters of a text by which people know it."""


def check_same(key: str | None, first: Sequence[object], again: Sequence[object]) -> None:
    """Raises KeyReused where a key comes with something else than the first time.

    Both begin with the text. Whoever repeats a request wants it once; whoever has the same key for
    two messages would lose the second one in silence.
    """
    if list(first) != list(again):
        raise KeyReused(
            localized(
                "the key {key} was used for something else, “{first}”; this is “{again}”:"
                " nothing was queued",
                key=repr(key),
                first=_beginning(first[0]),
                again=_beginning(again[0]),
            )
        )


def _beginning(text: object) -> str:
    words = " ".join(str(text or "").split())
    return words if len(words) <= BEGINNING else words[: BEGINNING - 1] + "…"

"""Keys by which a request that is repeated is known: it does nothing again."""

from appliance.errors import Invalid, localized

LONGEST = 255
"""Characters, of the columns that keep them."""


def check_key(key: str | None, longest: int = LONGEST) -> None:
    """Raises Invalid. None is no key: every such request is a new one."""
    if key is not None and not 0 < len(key) <= longest:
        raise Invalid.at("key", localized("the key must have 1 to {most} characters", most=longest))

"""A message as it is read: its text without markup, and as HTML for a browser."""

from appliance.crud.broadcasts.recipients import Person
from appliance.services.content.placeholders import Template
from appliance.telegram import html


def plain(text: str, format: str) -> str:
    """The text without its markup. Raises html.EntityError."""
    return html.parse(text)[0] if format == "html" else text


def length(text: str, format: str) -> int:
    """Code points after parsing, with the longest names; of the source, if it cannot be parsed."""
    longest = Template(text, format).longest()
    try:
        return len(plain(longest, format))
    except html.EntityError:
        return len(text)


def to_html(text: str, format: str, person: Person | None = None) -> str:
    """The message as safe HTML for a browser, whatever was in it.

    With a `person` as they read it; else the placeholders are shown as they stand.
    """
    source = text if person is None else Template(text, format).fill(person)
    if format == "html":
        try:
            return html.render(*html.parse(source))
        except html.EntityError:
            return html.render(text, ())
    return html.render(source, ())

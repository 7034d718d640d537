"""Names in texts: found, and filled in so that they stay what they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.services.content import NOBODY, Person, Template
from appliance.services.content.placeholders import LENGTHS
from appliance.telegram import html
from appliance.telegram.entities import canonical

ANNA = Person("Anna", "Orlova", "anna", "ru")
names = st.text(min_size=1).filter(str.strip)


def fill(text, person=ANNA, format="plain"):
    return Template(text, format).fill(person)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{first_name} {last_name} @{username}", "Anna Orlova @anna"),
        ("{name}", "Anna Orlova"),
        ("{name|friend}", "Anna Orlova"),
        ("{{name}}", "{name}"),
        ("{{name|friend}}", "{name|friend}"),
        ("{{{name}}}", "{{name}}"),
        ("{{name}", "{Anna Orlova"),
        ('{"a": {"b": 1}} {} {{}} }{', '{"a": {"b": 1}} {} {{}} }{'),
    ],
)
def test_what_is_filled_in(text, filled):
    template = Template(text, "plain")
    assert template.problems == []
    assert template.fill(ANNA) == filled


@pytest.mark.parametrize(
    "value", [None, "", "  ", "\x00", "\ud800", "\u202e", "\u3164", "\u200b\u2060", "\ufe0f"]
)
def test_the_default_is_for_people_without_a_name(value):
    person = Person(value, value, value)
    for name in LENGTHS:
        assert fill(f"{{{name}|friend}}!", person) == "friend!"
        assert fill(f"{{{name}}}!", person) == "!"


def test_half_a_name_is_a_name():
    assert fill("{name}", Person("Anna")) == "Anna"
    assert fill("{name}", Person(None, "Orlova")) == "Orlova"


def test_a_value_is_escaped_in_html_only():
    person = Person("<b>&amp;")
    assert fill("{first_name}", person, "html") == "&lt;b&gt;&amp;amp;"
    assert fill("{last_name|<&>}", person, "html") == "&lt;&amp;&gt;"
    assert fill("{first_name}", person) == "<b>&amp;"


def test_a_value_in_an_address_is_percent_encoded():
    text = '<a href="https://a.example/?who={first_name}&amp;x={username|a b}">x</a>'
    filled = fill(text, Person('"> & Я'), "html")
    assert 'who=%22%3E%20%26%20%D0%AF&amp;x=a%20b"' in filled
    _, (link,) = html.parse(filled)
    assert link.url == "https://a.example/?who=%22%3E%20%26%20%D0%AF&x=a%20b"


def test_the_mask_is_as_long_as_the_text():
    text = "a {first_name|<b>} {{name}} {x} <b>{name}</b>"
    template = Template(text, "html")
    assert len(template.masked) == len(text)
    assert template.masked.startswith("a xxxxxxxxxxxxxxxx {{name}} {x} <b>xxxxxx</b>")


@given(
    st.builds(Person, names, st.none() | names, st.none() | names), st.sampled_from(["b", "pre"])
)
def test_a_value_reads_as_itself(person, tag):
    """Whatever the name: the HTML parses to exactly its words, and it makes no markup."""
    for name in LENGTHS:
        source = f"x<{tag}>{{{name}}}</{tag}>x"
        template, plain = Template(source, "html"), Template(f"x{{{name}}}x", "plain")
        text, entities = html.parse(template.fill(person))
        assert text == canonical(plain.fill(person), ())[0]
        assert len(entities) <= 1
        text.encode()


@given(st.builds(Person, names, names, names))
def test_no_value_is_longer_than_linted(person):
    for name, longest in LENGTHS.items():
        assert len(fill(f"{{{name}}}", person)) <= longest
        assert len(fill(f"{{{name}}}", person)) <= len(Template(f"{{{name}}}", "plain").longest())


@given(st.text())
def test_nothing_is_lost_of_a_text_without_placeholders(text):
    template = Template(text, "html")
    if not template.personal and "{{" not in text:
        assert template.fill(NOBODY) == text
    assert len(template.masked) == len(text)

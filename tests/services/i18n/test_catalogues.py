"""Every text of the program is in the catalogue of every language, complete, and no text more."""

import ast
import io
from functools import cache
from http import HTTPStatus
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import appliance
from appliance.languages import CATALOGUES
from appliance.models import BroadcastStatus, Role
from appliance.services.i18n.phrases import PHRASES
from appliance.services.i18n.words import FORMER, WORDS

PACKAGE = Path(appliance.__file__).parent
TEMPLATES = {"localized": 1, "localized_plural": 2}
"""What makes a text that can be translated, and how many templates it takes."""


@cache
def calls():
    """Every call of `localized` and `localized_plural`, with its place."""
    return [call for path in sorted(PACKAGE.rglob("*.py")) for call in _calls_in(path)]


def _calls_in(path):
    source = path.read_text(encoding="utf-8")
    if "localized" not in source:
        return
    tree = ast.parse(source)
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "appliance.errors"
        for alias in node.names
    } & TEMPLATES.keys()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in imported:
            yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def templates(call):
    """The templates of a call, None for one that is not written out there."""
    written = call.args[: TEMPLATES[call.func.id]]
    return [node.value if isinstance(node, ast.Constant) else None for node in written]


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def expected():
    """(context, text) of everything that people can read."""
    for _, call in calls():
        yield None, templates(call)[0]
    yield from ((phrase.key, phrase.text) for phrase in PHRASES.values())
    yield from ((word.kind, word.value) for word in WORDS)
    yield from ((None, template) for template in FORMER)


def misses(catalogue):
    """What is wrong with a catalogue, a line each."""
    entries = {(one.context, _forms(one.id)[0]): one for one in catalogue if one.id}
    wanted = set(expected())
    yield from (f"not there: {key}" for key in wanted - entries.keys())
    yield from (f"in no text: {key}" for key in entries.keys() - wanted)
    for key, entry in entries.items():
        yield from (f"{wrong}: {key}" for wrong in _wrong(entry, catalogue.num_plurals))


def _wrong(entry, forms_of_language):
    forms = _forms(entry.string)
    if entry.fuzzy:
        yield "fuzzy: its English was changed"
    if len(forms) != (forms_of_language if entry.pluralizable else 1):
        yield f"{len(forms)} forms"
    if not all(forms):
        yield "not translated"
    elif any(fields(form) != fields(_forms(entry.id)[-1]) for form in forms):
        yield "other values than the English text"


def _forms(text):
    return text if isinstance(text, tuple | list) else (text,)


@pytest.fixture(params=sorted(CATALOGUES))
def source(request):
    """The file that translators edit."""
    return CATALOGUES[request.param].with_suffix(".po")


def test_templates_are_written_out_with_their_values():
    wrong = [
        place
        for place, call in calls()
        if None in (texts := templates(call)) or set().union(*map(fields, texts)) != _values(call)
    ]
    assert wrong == []


def _values(call):
    values = {keyword.arg for keyword in call.keywords}
    return values | {"count"} if call.func.id == "localized_plural" else values


def test_every_language_is_complete(source):
    with source.open("rb") as file:
        assert sorted(misses(read_po(file))) == [], "run scripts/translations, then translate"


def test_the_program_reads_what_translators_wrote(source):
    compiled = io.BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file))
    assert source.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run scripts/translations"


def test_misses_are_found():
    catalogue = Catalog("ru")
    catalogue.add("log in first", "сначала войдите")
    catalogue.add("log in last", "войдите в конце")
    catalogue.add("this is required", "это обязательно", flags=["fuzzy"])
    catalogue.add("unknown option {name}", "параметр {nom} неизвестен")
    catalogue.add(("more than {count} character", "more than {count} characters"), ("больше", ""))

    found = set(misses(catalogue))

    assert {
        "in no text: (None, 'log in last')",
        "not there: ('role', 'admin')",
        "fuzzy: its English was changed: (None, 'this is required')",
        "other values than the English text: (None, 'unknown option {name}')",
        "2 forms: (None, 'more than {count} character')",
        "not translated: (None, 'more than {count} character')",
    } <= found
    assert not any("log in first" in miss for miss in found)


def test_words_are_those_of_the_program():
    known = {kind: {word.value for word in WORDS if word.kind == kind} for kind, _ in WORDS}
    names = {name for _, call in calls() for text in templates(call) for name in fields(text)}
    assert known.keys() - {name.rpartition("_")[2] for name in names} == {"title"}
    assert known["status"] == {*BroadcastStatus, "preparing"}
    assert known["role"] == set(Role)
    assert known["title"] <= {status.phrase for status in HTTPStatus}

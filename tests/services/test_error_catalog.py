"""Every text that `localized` makes in the package has its Russian one, and none has more."""

import ast
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from string import Formatter

import pytest

import appliance
from appliance.models import BroadcastStatus, Role
from appliance.services.i18n.catalog import error_catalog

PACKAGE = Path(appliance.__file__).parent
RUSSIAN = error_catalog("ru")["templates"]


def said() -> Iterator[tuple[str, ast.Call]]:
    """Every call of `errors.localized`, with its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if _imports_localized(tree):
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "localized":
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def _imports_localized(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "appliance.errors"
        and "localized" in {alias.name for alias in node.names}
        for node in ast.walk(tree)
    )


def template(call: ast.Call) -> str | None:
    """The template, where it is written out at the call."""
    first = call.args[0] if len(call.args) == 1 else None
    return first.value if isinstance(first, ast.Constant) else None


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_templates_are_written_out_with_their_values() -> None:
    wrong = [
        place
        for place, call in said()
        if (text := template(call)) is None
        or fields(text) != {keyword.arg for keyword in call.keywords}
    ]
    assert wrong == []


def test_every_template_has_its_russian_one() -> None:
    missing = {text: place for place, call in said() if (text := template(call)) not in RUSSIAN}
    assert missing == {}, "add them to appliance/locales/errors.ru.json"


def test_no_russian_template_is_dead() -> None:
    assert RUSSIAN.keys() - {template(call) for _, call in said()} == set()


@pytest.mark.parametrize("english", sorted(RUSSIAN))
def test_both_take_the_same_values(english: str) -> None:
    assert fields(RUSSIAN[english]) == fields(english)


def test_templates_are_sorted() -> None:
    assert list(RUSSIAN) == sorted(RUSSIAN), "so that people who add some meet less often in merges"


def test_words_of_the_program_have_russian_ones() -> None:
    words = error_catalog("ru")["words"]
    used = {field for _, call in said() for field in fields(template(call) or "")}
    assert words.keys() - used == {"title"}
    assert words["status"].keys() == {*BroadcastStatus, "preparing"}
    assert words["role"].keys() == set(Role)
    assert words["title"].keys() <= {status.phrase for status in HTTPStatus}

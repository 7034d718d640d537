"""The documents against the program: links, named files, commands, translations, lengths.

Commands are run in tests/documents/, where the references of commands and calls are checked, too.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from appliance.cli import main as root
from appliance.cli.broadcast.commands import SendByDefault
from support.repository import tracked

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.ru.md")
DOCUMENTS = [
    *READMES,
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("**/*.md")),
]
# The Russian documents, each with what it translates.
TRANSLATIONS = {
    "README.ru.md": "README.md",
    **{name: name.replace("docs/ru/", "docs/") for name in DOCUMENTS if "docs/ru/" in name},
}
MAX_LINE = 110
MAX_WORDS = 16_200
"""Of all documents but translations, decisions, which only grow, and the reference, which is made
of the commands' own help: what is said twice can be said once."""

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)

# What people ask for by the names they know from elsewhere.
NAMES = {
    "main": "appliance/__main__.py",
    "database": "appliance/database.py",
    "models": "appliance/models/",
    "schemas": "appliance/schemas/",
    "crud": "appliance/crud/",
    "config": "appliance/config.py",
    "bot/handlers": "appliance/bot/handlers/",
    "bot/keyboards": "appliance/bot/keyboards.py",
    "routers/users": "appliance/routers/users.py",
    "routers/notify": "appliance/routers/notify.py",
    "services/telegram_auth": "appliance/services/telegram_auth/",
    "frontend/": "frontend/",
    ".env": ".env.example",
    "docker-compose.yml": "systemd/appliance.service",
    "Dockerfile": "requirements/runtime.txt",
    "nginx/conf.d/default.conf": "nginx/appliance.conf",
    "certbot/": "scripts/certbot.sh",
    "poetry.lock": "requirements/runtime.txt",
}
SUFFIXES = (".py", ".md", ".sh", ".toml", ".cfg")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(name: str) -> str:
    """The text without its fenced blocks."""
    return FENCE.sub("", text_of(name))


# -- links and names ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", DOCUMENTS)
def test_relative_links_lead_somewhere(name):
    assert [link for link in _relative_links(name) if not _leads_somewhere(name, link)] == []


def _relative_links(name: str) -> list[str]:
    return [link for link in LINK.findall(prose(name)) if not re.match(r"\w+:", link)]


def _leads_somewhere(name: str, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (ROOT / name).parent / path if path else ROOT / name
    if not target.exists() or path.endswith("/") != (bool(path) and target.is_dir()):
        return False
    return not anchor or anchor in _anchors(target)


def _anchors(document: Path) -> set[str]:
    headings = HEADING.findall(FENCE.sub("", document.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w -]", "", words.lower()).replace(" ", "-") for _, words in headings}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_named_files_exist(name):
    named = {words for words in INLINE.findall(prose(name)) if _is_a_file_name(words)} - {*NAMES}
    assert sorted(words for words in named if not _exists(words)) == []


def _is_a_file_name(words: str) -> bool:
    """`crud/users.py`, `tests/e2e`, `nginx/`; no address, no command, nothing in a home's data/."""
    if not re.fullmatch(r"\.?\w[\w.-]*(/[\w.-]+)*/?", words) or words.startswith("data/"):
        return False
    first = words.split("/")[0]
    return words.endswith(SUFFIXES) or (
        "/" in words and ((ROOT / first).is_dir() or (ROOT / "appliance" / first).is_dir())
    )


def _exists(words: str) -> bool:
    """From the top of the working copy or, as packages are named, from `appliance/`."""
    places = [ROOT / words, ROOT / "appliance" / words]
    return any(place.exists() or place.with_suffix(".py").exists() for place in places)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_named_scripts_and_make_targets_exist(name):
    text, targets = text_of(name), re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE)
    scripts = set(re.findall(r"(?<![\w/])(?:\./)?(scripts/[\w.-]*\w)", text))
    assert [script for script in scripts if not (ROOT / script).is_file()] == []
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) - set(targets) == set()


def test_every_document_is_linked_from_the_readme():
    english, russian = (set(_relative_links(name)) for name in READMES)
    assert {*DOCUMENTS} - english - russian == {"README.ru.md", "README.md"} - english - russian
    assert {name for name in DOCUMENTS if "docs/ru/" in name} <= russian


def test_every_picture_is_shown():
    shown = {Path(link).name for name in DOCUMENTS for link in _relative_links(name)}
    assert {path.name for path in (ROOT / "docs" / "images").iterdir()} <= shown


@pytest.mark.parametrize("readme", READMES)
@pytest.mark.parametrize("wanted", NAMES)
def test_the_readme_leads_to_what_people_look_for(readme, wanted):
    rows = re.findall(rf"^\| `{wanted}` \|(.+)\|$", text_of(readme), re.MULTILINE)
    assert len(rows) == 1
    assert f"]({NAMES[wanted]})" in rows[0]


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_tells_every_folder(readme):
    linked = {link.rstrip("/") for link in _relative_links(readme)}
    paths = [path for path in map(Path, tracked(ROOT)) if not path.parts[0].startswith(".")]
    assert {path.parts[0] for path in paths if len(path.parts) > 1} - linked == set()


def test_the_architecture_tells_every_package():
    linked = {link.removeprefix("../") for link in _relative_links("docs/architecture.md")}
    paths = [path for path in map(Path, tracked(ROOT)) if path.parts[0] == "appliance"]
    packages = {"/".join(path.parts[:2]) + "/" * (len(path.parts) > 2) for path in paths}
    said_elsewhere = {f"appliance/{name}" for name in ("__init__.py", "__main__.py", "py.typed")}
    assert packages - said_elsewhere - linked == set()


# -- two languages -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", TRANSLATIONS)
def test_a_translation_has_the_same_shape(name):
    shapes = [
        [len(marks) for marks, _ in HEADING.findall(prose(each))]
        for each in (name, TRANSLATIONS[name])
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("name", TRANSLATIONS)
def test_a_translation_has_the_same_links(name):
    """In the same order, to the translation where there is one; the first leads to English."""
    russian, english = _targets(name), _targets(TRANSLATIONS[name])
    assert russian[0] == TRANSLATIONS[name]
    if english[:1] == ["README.md"]:  # the link to the Russian one
        del english[0]
    assert russian[1:] == english


def _targets(name: str) -> list[str]:
    """What each link leads to, from the top of the repository and in English."""
    paths = [
        ((ROOT / name).parent / link).resolve().relative_to(ROOT) for link in _relative_links(name)
    ]
    return [TRANSLATIONS.get(str(path), str(path)) for path in paths]


@pytest.mark.parametrize("name", TRANSLATIONS)
def test_a_translation_shows_the_same_commands(name):
    russian, english = (
        [_without_comments(code) for code in blocks(each)] for each in (name, TRANSLATIONS[name])
    )
    assert russian == english


@pytest.mark.parametrize("name", TRANSLATIONS)
def test_a_translation_names_the_same_things(name):
    russian, english = (sorted(INLINE.findall(prose(each))) for each in (name, TRANSLATIONS[name]))
    assert russian == english


def blocks(name: str) -> list[str]:
    return [code for _, code in FENCE.findall(text_of(name))]


def _without_comments(code: str) -> list[str]:
    return [re.sub(r"\s+#.*", "", line).rstrip() for line in code.splitlines()]


# -- commands ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_exist_with_their_options(name):
    found = {" ".join(words): fault_of(words) for words in commands_in(name)}
    assert {words: fault for words, fault in found.items() if fault} == {}


def test_commands_are_found():
    """The test above is worth nothing if it sees no command."""
    shown = {" ".join(words) for name in DOCUMENTS for words in commands_in(name)}
    assert "--home ~/club serve" in shown
    assert "--home /var/lib/appliance init --domain example.org" in shown
    assert len(shown) > 60


@pytest.mark.parametrize(
    "line",
    [
        "appliance explode",
        "appliance --house ~/club serve",
        "appliance serve --prot 1",
        "appliance broadcast show 1 2",
    ],
)
def test_wrong_commands_are_noticed(line):
    [words] = _commands_of_line(line)
    assert fault_of(words)


def commands_in(name: str) -> Iterator[list[str]]:
    """The words after `appliance` wherever a document shows it as a command."""
    for code in blocks(name):
        for line in re.sub(r" *\\\n *", " ", code).splitlines():
            yield from _commands_of_line(line)
    for words in INLINE.findall(prose(name)):
        yield from _commands_of_line(words)


def _commands_of_line(line: str) -> Iterator[list[str]]:
    if "appliance" not in line:
        return
    line = re.sub(r"(\S) {2,}.*", r"\1", line.strip())  # the remark beside an example
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&<>()")
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        return  # prose with an apostrophe
    for simple in _simple_commands(words):
        yield from _arguments(simple)


def _simple_commands(words: list[str]) -> Iterator[list[str]]:
    """Split where a shell would begin another command; what is redirected is left out."""
    current: list[str] = []
    redirected = False
    for word in words:
        if set(word) <= set("|;&"):
            yield current
            current, redirected = [], False
        elif set(word) <= set("<>"):
            redirected = True
        elif not redirected:
            current.append(word)
    yield current


def _arguments(words: list[str]) -> Iterator[list[str]]:
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    if words[:2] == ["sudo", "-u"]:
        words = words[3:]
    if words and Path(words[0]).name == "appliance" and len(words) > 1:
        yield [word for word in words[1:] if word != "…"]  # it stands for what may follow


def fault_of(words: list[str]) -> str:
    """What the Click tree has against these arguments; empty: nothing."""
    command: click.Command = root
    context = click.Context(root, info_name="appliance", **root.context_settings)
    while True:
        try:
            _, words, _ = command.make_parser(context).parse_args(args=list(words))
        except click.UsageError as error:
            return error.format_message()
        if not isinstance(command, click.Group):
            return f"{command.name} takes no {words}" if words else ""
        if not words:
            return ""
        if isinstance(command, SendByDefault) and words[0] not in command.commands:
            words = ["send", *words]
        below = command.get_command(context, words[0])
        if below is None:
            return f"there is no command {words[0]}"
        context = click.Context(below, info_name=words[0], parent=context, **below.context_settings)
        command, words = below, words[1:]


# -- how much there is to read -----------------------------------------------------------------


@pytest.mark.parametrize("name", DOCUMENTS)
def test_lines_are_short(name):
    """Except in tables, and where a link or a word is as long as that."""
    lines = [line for line in prose(name).splitlines() if not line.lstrip().startswith(("|", "!["))]
    long = [line for line in lines if len(line) > MAX_LINE and " " in line[:MAX_LINE].strip("- ")]
    assert long == []


_NOT_COUNTED = {"docs/decisions.md", "docs/cli.md"}


def test_there_is_not_more_to_read_than_needed():
    words = {name: len(text_of(name).split()) for name in DOCUMENTS if name not in TRANSLATIONS}
    counted = {name: n for name, n in words.items() if name not in _NOT_COUNTED}
    assert sum(counted.values()) <= MAX_WORDS, counted
    assert words["docs/architecture.md"] <= 1600

"""What a broadcast says: the options of `broadcast send` for text, files, buttons, languages."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import click

from appliance.cli.context import Context
from appliance.cli.options import bundled
from appliance.errors import Invalid

_FILE = click.Path(path_type=Path)
OPTIONS = (
    click.option(
        "--html", is_flag=True, help="The text has Telegram's HTML tags; plain is the default."
    ),
    click.option(
        "--variant",
        multiple=True,
        metavar="LANG=TEXT",
        help="The text for people with that language; LANG=@FILE reads it. Repeatable.",
    ),
    click.option(
        "--photo", multiple=True, type=_FILE, metavar="FILE", help="A picture. Several: an album."
    ),
    click.option(
        "--video",
        multiple=True,
        type=_FILE,
        metavar="FILE",
        help="A video, after the pictures.",
    ),
    click.option(
        "--document", multiple=True, type=_FILE, metavar="FILE", help="A file. Repeatable."
    ),
    click.option(
        "--button", multiple=True, metavar="TEXT=URL", help="A button under it. Repeatable."
    ),
    click.option(
        "--opt-out",
        multiple=True,
        metavar="TOPIC[=TEXT]",
        help="A button that ends the topic for whoever presses it.",
    ),
    click.option("--silent", is_flag=True, help="Without a sound."),
    click.option("--protected", is_flag=True, help="It cannot be forwarded or saved."),
    click.option("--no-preview", is_flag=True, help="No preview of links."),
)


@dataclass(frozen=True, slots=True)
class What:
    """What the options say, as it was typed."""

    html: bool
    variant: tuple[str, ...]
    photo: tuple[Path, ...]
    video: tuple[Path, ...]
    document: tuple[Path, ...]
    button: tuple[str, ...]
    opt_out: tuple[str, ...]
    silent: bool
    protected: bool
    no_preview: bool

    def fields(self, context: Context, text: str | None) -> dict[str, Any]:
        """The fields of a NewBroadcast; files are stored on the way. Raises Invalid, Unavailable.

        Without TEXT standard input is read, unless there are files: their caption may be empty.
        """
        from appliance.cli.input import read_text

        with ExitStack() as stack:
            # All of them before the home: its owner may not read what the caller may.
            files = [(kind, stack.enter_context(_open(kind, path))) for kind, path in self._paths()]
            bare = text is None and bool(files)
            return {
                "text": "" if bare else read_text(text),
                "format": "html" if self.html else "plain",
                "variants": variants_of(self.variant),
                "options": self._options(context),
                "media": _keep(context, files),
            }

    def _paths(self) -> Iterator[tuple[str, Path]]:
        yield from (("photo", path) for path in self.photo)
        yield from (("video", path) for path in self.video)
        yield from (("document", path) for path in self.document)

    def _options(self, context: Context) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if self.silent:
            options["silent"] = True
        if self.protected:
            options["protected"] = True
        if self.no_preview:
            options["link_preview"] = False
        buttons = [button_of(option) for option in self.button]
        buttons += [_opt_out(context, option) for option in self.opt_out]
        if buttons:
            options["buttons"] = [[button] for button in buttons]
        return options


content_options = bundled(What, OPTIONS, "what")


def _open(kind: str, path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise Invalid.at(kind, f"--{kind}: cannot read {path}: {error.strerror}") from None


def _keep(context: Context, files: list[tuple[str, BinaryIO]]) -> tuple[int, ...]:
    from appliance.services.content import media

    if not files:
        return ()
    data = context.settings.data
    kept = [media.keep(data, kind, file, Path(file.name).name) for kind, file in files]
    with context.database.writing() as session:
        return tuple(media.record(session, file).id for file in kept)


def variants_of(options: tuple[str, ...]) -> dict[str, str]:
    """Texts by language, from the values of `--variant LANG=TEXT`. Raises Invalid."""
    return dict(_variant(option) for option in options)


def _variant(option: str) -> tuple[str, str]:
    language, equals, text = option.partition("=")
    if not equals or not language.strip():
        message = f"invalid --variant {option!r}: expected LANG=TEXT or LANG=@FILE"
        raise Invalid.at("variant", message)
    if text.startswith("@@"):
        text = text[1:]  # a text that begins with @
    elif text.startswith("@"):
        text = _read(Path(text[1:]))
    return language.strip().lower(), text


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        message = f"--variant: cannot read {path}: {reason}; a text that begins with @ takes @@"
        raise Invalid.at("variant", message) from None


def button_of(option: str) -> dict[str, str]:
    """A button from the value of `--button TEXT=URL`. Raises Invalid."""
    label, equals, url = option.partition("=")
    if not equals:
        raise Invalid.at("button", f"invalid --button {option!r}: expected TEXT=URL")
    return {"text": label.strip(), "url": url.strip()}


def _opt_out(context: Context, option: str) -> dict[str, str]:
    """A button from the value of `--opt-out TOPIC[=TEXT]`; its text is the topic's title where none
    is given. Raises NotFound.
    """
    from appliance.crud.chats import topics

    name, _, label = option.partition("=")
    if not label.strip():
        with context.database.reading() as session:
            label = f"🔕 {topics.find(session, name.strip()).title}"[:64]
    return {"text": label.strip(), "topic_off": name.strip()}

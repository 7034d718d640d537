"""A message turned into Bot API calls: to send it, to edit it, to delete it.

Pure: nothing here asks the database or the network.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from appliance.crud.broadcasts.recipients import NOBODY, Person
from appliance.services.content import files as attached
from appliance.services.content.files import File, Upload
from appliance.services.content.options import markup
from appliance.services.content.placeholders import Placeholder, Template

Params = dict[str, Any]
Call = tuple[str, Params]
"""A method of the Bot API and its parameters, all but the chat."""

_EDITS = {True: ("editMessageCaption", "caption"), False: ("editMessageText", "text")}


class Content(Protocol):
    """What a broadcast says; a row of the table `broadcasts` is one."""

    @property
    def id(self) -> Any: ...
    @property
    def text(self) -> Any: ...
    @property
    def format(self) -> Any: ...
    @property
    def options(self) -> Any: ...
    @property
    def variants(self) -> Any: ...
    @property
    def media(self) -> Any: ...


class Composer:
    """The calls that carry one broadcast, prepared once and made for each recipient.

    `files` are those of `content.media`, in its order; `extra` are parameters of every sending
    call. While `needs_upload`, one recipient gets `upload`; the answer's `file_ids_from` are the
    `files` of the next Composer, which makes the bodies of all others.
    """

    def __init__(
        self, content: Content, files: Sequence[File] = (), extra: Mapping[str, Any] | None = None
    ) -> None:
        self._id = content.id or 0
        self._format = content.format
        self._options = dict(content.options)
        self._files = tuple(files)
        self._extra = dict(extra or {})
        self.method = attached.method_for(self._files)
        self.needs_upload = any(file.file_id is None for file in self._files)
        self._templates = {
            language: _template(text, content.format)
            for language, text in {"": content.text, **(content.variants or {})}.items()
        }
        self.needs_person = len(self._templates) > 1 or self._templates[""].personal
        """Whether recipients get different words: `body_for` then wants a person."""
        self._calls = {
            language: _CallTemplate(template, self._params(template, _MARK))
            for language, template in self._templates.items()
        }
        self._common = self._calls[""]

    def body_for(self, chat_id: int, person: Person | None = None) -> bytes:
        """The JSON of the call to one chat; with `needs_upload` it is of no use."""
        if not self.needs_person:
            return self._common.to(chat_id, NOBODY)
        person = person or NOBODY
        return self._calls[self._language(person)].to(chat_id, person)

    def upload(self, chat_id: int, person: Person | None, folder: Path) -> Upload:
        """The call to one chat that brings along the files Telegram does not have yet.

        `folder` keeps them by SHA-256 (`content/media.py`). To be sent as multipart/form-data.
        """
        person = person or NOBODY
        template = self._templates[self._language(person)]
        params = self._params(template, template.fill(person), uploading=True)
        fields = {"chat_id": str(chat_id), **{name: _field(v) for name, v in params.items()}}
        return Upload(self.method, fields, attached.parts(self._files, folder))

    def edit(self, message_id: int, person: Person | None = None) -> Call:
        """The call that makes a delivered message say this: all but the chat."""
        person = person or NOBODY
        template = self._templates[self._language(person)]
        method, name = _EDITS[bool(self._files)]
        params = {"message_id": message_id, name: template.fill(person), **self._markup_mode()}
        if not self._files:
            params |= _preview(self._options)
        return method, {**params, **markup(self._options, self._id)}

    def _language(self, person: Person) -> str:
        return choose_language(self._templates, person.language)

    def _params(self, template: Template, text: str, *, uploading: bool = False) -> Params:
        """All but the chat; without words when the template has none."""
        mode = self._markup_mode() if template.parts else {}
        if not self._files:
            params = {"text": text, **mode, **_preview(self._options)}
        else:
            caption = {"caption": text, **mode} if template.parts else {}
            params = attached.parameters(self._files, caption, uploading=uploading)
        return {
            **params,
            **_manner(self._options),
            **markup(self._options, self._id),
            **self._extra,
        }

    def _markup_mode(self) -> Params:
        return {"parse_mode": "HTML"} if self._format == "html" else {}


class _CallTemplate:
    """A call's JSON, encoded but for the chat and the values that differ by recipient."""

    def __init__(self, template: Template, params: Params) -> None:
        # Encoded once: for each recipient only what differs is put between ready pieces.
        before, mark, after = _encode(params)[1:].partition(_MARK)
        self._template = template
        self._parts: list[bytes | Placeholder] = [f",{before}".encode()]
        if mark:
            for part in template.parts:
                self._add(_quoted(part) if isinstance(part, str) else part)
            self._add(after.encode())

    def to(self, chat_id: int, person: Person) -> bytes:
        head = b'{"chat_id":%d' % chat_id
        return head + b"".join(
            part if isinstance(part, bytes) else self._value(part, person) for part in self._parts
        )

    def _add(self, part: bytes | Placeholder) -> None:
        last = self._parts[-1]
        if isinstance(part, bytes) and isinstance(last, bytes):
            self._parts[-1] = last + part
        else:
            self._parts.append(part)

    def _value(self, place: Placeholder, person: Person) -> bytes:
        return _quoted(self._template.written(place, place.value_for(person)))


def compose(text: str, format: str, options: Mapping[str, Any]) -> Call:
    """The Bot API method and its parameters, all but the chat, of a text as it stands."""
    params: Params = {"text": text}
    if format == "html":
        params["parse_mode"] = "HTML"
    return "sendMessage", {**params, **_manner(options), **_preview(options), **markup(options, 0)}


def editor(content: Content) -> Composer:
    """Whose `edit` makes the calls that edit delivered messages: a text, or a (first) caption."""
    return Composer(content, _stand_ins(content))


def edit_call(content: Content, message_id: int, person: Person | None = None) -> Call:
    """The call that edits one delivered message."""
    return editor(content).edit(message_id, person)


def delete_call(content: Content, message_id: int, album: Sequence[int] | None = None) -> Call:
    """The call that deletes a delivered message, of an album all its messages.

    `album` are their ids where they do not follow one another from `message_id` on.
    """
    count = len(content.media or ())
    if count < 2:
        return "deleteMessage", {"message_id": message_id}
    ids = list(album or range(message_id, message_id + count))
    return "deleteMessages", {"message_ids": ids}


def words_for(person: Person, text: str, format: str, variants: Mapping[str, str]) -> str:
    """What one person gets to read, in the message's format."""
    texts = {**variants, "": text}
    return _template(texts[choose_language(texts, person.language)], format).fill(person)


def choose_language(variants: Mapping[str, object], language: str | None) -> str:
    """The variant for somebody whose client says `language`: it, its base, else "", the main."""
    spoken = (language or "").lower().replace("_", "-")
    return next((code for code in (spoken, spoken.partition("-")[0]) if code in variants), "")


def _template(text: str, format: str) -> Template:
    """A text with faults, queued before placeholders were known, is sent as it stands."""
    template = Template(text, format)
    if template.problems:
        template.parts = [text]
    return template


def _stand_ins(content: Content) -> list[File]:
    return [File(item["id"], item["kind"], "", "") for item in content.media or ()]


def _manner(options: Mapping[str, Any]) -> Params:
    params: Params = {}
    if options.get("silent"):
        params["disable_notification"] = True
    if options.get("protected"):
        params["protect_content"] = True
    return params


def _preview(options: Mapping[str, Any]) -> Params:
    off = options.get("link_preview") is False
    return {"link_preview_options": {"is_disabled": True}} if off else {}


def _field(value: object) -> str:
    return value if isinstance(value, str) else _encode(value)


def _encode(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _quoted(text: str) -> bytes:
    """As it stands inside a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1].encode()


_MARK = uuid.uuid4().hex
"""Where the words go in a prepared call; nobody can have written it into a button."""

"""What a message says: checked before anything is queued, and turned into Bot API calls."""

from appliance.crud.broadcasts.recipients import NOBODY, Person
from appliance.services.content.compose import (
    Call,
    Composer,
    Params,
    choose_language,
    compose,
    delete_call,
    edit_call,
    editor,
    words_for,
)
from appliance.services.content.files import File, Part, Upload, file_ids_from, message_ids_from
from appliance.services.content.html import length, to_html
from appliance.services.content.lint import (
    CAPTION_LIMIT,
    TEXT_LIMIT,
    Format,
    check,
    lint,
    lint_message,
)
from appliance.services.content.options import KINDS, lint_media, lint_options, with_topics
from appliance.services.content.placeholders import Template

__all__ = [
    "CAPTION_LIMIT",
    "KINDS",
    "NOBODY",
    "TEXT_LIMIT",
    "Call",
    "Composer",
    "File",
    "Format",
    "Params",
    "Part",
    "Person",
    "Template",
    "Upload",
    "check",
    "choose_language",
    "compose",
    "delete_call",
    "edit_call",
    "editor",
    "file_ids_from",
    "length",
    "lint",
    "lint_media",
    "lint_message",
    "lint_options",
    "message_ids_from",
    "to_html",
    "with_topics",
    "words_for",
]

"""Which language an answer speaks: the user's, else the browser's, else the site's."""

from collections.abc import Iterable
from dataclasses import replace

from flask import Response, request
from sqlalchemy.exc import SQLAlchemyError

from appliance.errors import Fault
from appliance.languages import LANGUAGES
from appliance.routers.api import context, credentials
from appliance.services.i18n.catalog import translate


def chosen() -> str:
    """Never fails: errors are told in it, those of the database too."""
    default = context.settings().default_language
    try:
        user = credentials.current()
        if user is not None:
            return user.language
    except SQLAlchemyError:
        pass  # who is logged in cannot be known now; the browser still says what it reads
    # The default comes first, so that `*` means it.
    offered = [default, *(language for language in LANGUAGES if language != default)]
    return request.accept_languages.best_match(offered) or default


def translated(faults: Iterable[Fault], language: str) -> tuple[Fault, ...]:
    return tuple(replace(fault, message=translate(fault.message, language)) for fault in faults)


def told(text: str | None) -> str | None:
    """What the program noted for people, for whoever asks now."""
    return text if text is None else translate(text, chosen())


def mark(response: Response, language: str) -> Response:
    """Say which language it is, and that another reader may get another one."""
    response.headers["Content-Language"] = language
    response.vary.update(("Accept-Language", "Cookie"))
    return response

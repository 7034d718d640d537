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
    """Never raises: it is asked for when an error is shown, also one of the database."""
    default = context.settings().default_language
    try:
        user = credentials.current()
        if user is not None:
            return user.language
    except SQLAlchemyError:
        pass  # the database cannot say who is logged in; the browser still says what it reads
    # The site's default comes first, so that a browser that takes any language (`*`) gets it.
    offered = [default, *(language for language in LANGUAGES if language != default)]
    return request.accept_languages.best_match(offered) or default


def translated(faults: Iterable[Fault], language: str) -> tuple[Fault, ...]:
    return tuple(replace(fault, message=translate(fault.message, language)) for fault in faults)


def localize(text: str | None) -> str | None:
    """A note that was stored for people, in the language of whoever asks now."""
    return text if text is None else translate(text, chosen())


def mark(response: Response, language: str) -> Response:
    """Name the answer's language, and keep caches from giving it to readers of another one."""
    response.headers["Content-Language"] = language
    response.vary.update(("Accept-Language", "Cookie"))
    return response

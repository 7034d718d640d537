"""The built single-page application, from the package or from beside it."""

from pathlib import Path

from flask import Blueprint, Flask, Response, abort, send_from_directory
from werkzeug.routing import PathConverter
from werkzeug.security import safe_join

_YEAR_SECONDS = 365 * 24 * 3600
_HOUR_SECONDS = 3600  # for icons and the like, whose names stay when they change
_LONGEST_NAME = 255  # bytes; the system raises an error for a longer one
_NO_PAGES = frozenset({"metrics", ".well-known"})
_MISSING = """\
The front end is not built. Build it:

    cd frontend && npm ci && npm run build

The API answers under /api/v1 and is described at /api/docs.
"""


class PageConverter(PathConverter):
    """Any path outside /api, where a path or method that is unknown must stay a 404 or 405."""

    regex = r"(?!api(?:/|$))[^/].*?"


def find_build(package: Path | None = None) -> Path:
    """`frontend_dist` inside the package when installed, beside it in a working copy.

    Where the folder is missing, the site answers with how to build it.
    """
    package = package or Path(__file__).parent
    inside = package / "frontend_dist"
    return inside if (inside / "index.html").is_file() else package.parent / "frontend_dist"


def init_app(app: Flask, build: Path) -> None:
    app.url_map.converters["page"] = PageConverter
    app.register_blueprint(_blueprint(build))


def _blueprint(build: Path) -> Blueprint:
    blueprint = Blueprint("frontend", __name__)

    @blueprint.get("/")
    @blueprint.get("/<page:path>")
    def show_page(path: str = "") -> Response:
        """A file of the build, or the page, whose script shows what its address names."""
        if path and _is_file(build, path):
            return send_from_directory(build, path, max_age=_HOUR_SECONDS)
        # Programs ask for these, and must not take the page for one: `robots.txt`, `metrics`.
        if "." in path.rpartition("/")[2] or path.partition("/")[0] in _NO_PAGES:
            abort(404)
        return _index(build)

    @blueprint.get("/assets/<path:path>")
    def show_asset(path: str) -> Response:
        """Named by its content, so a browser may keep it; a missing one is 404, not the page."""
        if not (build / "assets").is_dir():
            abort(404)
        response = send_from_directory(build / "assets", path, max_age=_YEAR_SECONDS)
        response.cache_control.public = True
        response.cache_control.immutable = True
        return response

    return blueprint


def _is_file(build: Path, path: str) -> bool:
    """Aborts with 404 where a name is too long for any file."""
    if any(len(part.encode("utf-8", "replace")) > _LONGEST_NAME for part in path.split("/")):
        abort(404)
    file = safe_join(str(build), path)
    try:
        return file is not None and Path(file).is_file()
    except OSError:
        abort(404)


def _index(build: Path) -> Response:
    if not (build / "index.html").is_file():
        return Response(_MISSING, 503, mimetype="text/plain")
    response = send_from_directory(build, "index.html", max_age=0)
    # It names the hashed files of one build: a kept one asks for scripts that an upgrade has
    # deleted.
    response.cache_control.no_cache = True
    return response

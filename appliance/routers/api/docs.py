"""The API's description, and Swagger UI from local files."""

import threading
from importlib import resources

from flask import Blueprint, Flask, Response, current_app, request, send_from_directory

from appliance.routers.api import openapi

blueprint = Blueprint("docs", __name__)

_KEPT = "appliance_openapi"
_MAKING = threading.Lock()
_FILES = str(resources.files("appliance.routers") / "static" / "swagger")


@blueprint.get("/openapi.json")
def show_openapi() -> Response:
    response = Response(_document(current_app), mimetype="application/json")
    response.add_etag()
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response


def _document(app: Flask) -> str:
    """Made once: it takes 50 ms in which nobody else is served, and anybody may ask."""
    with _MAKING:
        if _KEPT not in app.extensions:
            app.extensions[_KEPT] = app.json.dumps(openapi.openapi_document(app))
        return str(app.extensions[_KEPT])


@blueprint.get("/docs")
def show_docs() -> Response:
    return send_from_directory(_FILES, "index.html", max_age=0)


@blueprint.get("/docs/<name>")
def show_docs_file(name: str) -> Response:
    return send_from_directory(_FILES, name, max_age=3600)

"""The API's description, and Swagger UI from local files."""

from importlib import resources

from flask import Blueprint, Response, current_app, jsonify, send_from_directory

from appliance.routers.api import openapi

blueprint = Blueprint("docs", __name__)

_FILES = str(resources.files("appliance.routers") / "static" / "swagger")


@blueprint.get("/openapi.json")
def show_openapi() -> Response:
    return jsonify(openapi.openapi_document(current_app))


@blueprint.get("/docs")
def show_docs() -> Response:
    return send_from_directory(_FILES, "index.html", max_age=0)


@blueprint.get("/docs/<name>")
def show_docs_file(name: str) -> Response:
    return send_from_directory(_FILES, name, max_age=3600)

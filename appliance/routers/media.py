"""Files for broadcasts: uploaded here first, then named by their id."""

from flask import Blueprint
from werkzeug.datastructures import FileStorage

from appliance.database import writing
from appliance.routers.api import context
from appliance.routers.api.endpoints import Access, endpoint
from appliance.schemas import Media, MediaUpload
from appliance.services.content import media

blueprint = Blueprint("media", __name__)

MAX_UPLOAD = 51 * 1024 * 1024  # bytes; the largest file and what a form puts around it


@blueprint.post("/media")
@endpoint(
    Access.ADMIN,
    scope="broadcasts",
    upload=MediaUpload,
    response=Media,
    status=201,
    errors=(503,),
    max_body=MAX_UPLOAD,
)
def upload_media(form: MediaUpload, file: FileStorage) -> Media:
    """Keep a file for broadcasts; the same one again has the id it had."""
    stored = media.keep(context.settings().data, form.kind, file.stream, file.filename)
    with writing(context.session()) as session:
        return Media.model_validate(media.record(session, stored))

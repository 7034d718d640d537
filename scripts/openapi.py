"""Prints the OpenAPI document of a site with the simulator, which has every address there is."""

import sys
import tempfile
from pathlib import Path

from appliance import web
from appliance.config import Settings


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        app = web.create_app(Settings.load(Path(home), {"SECRET_KEY": "x" * 32}, sandbox=True))
        sys.stdout.write(app.test_client().get("/api/openapi.json").text)
        web.close_app(app)


if __name__ == "__main__":
    main()

"""Swagger UI, from local files and under the site's own policy."""

import re

import pytest

from appliance.routers.api import openapi


def test_the_page_loads_nothing_from_elsewhere(browser):
    page = browser.get("/api/docs").text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(loaded) >= 3
    assert not [address for address in loaded if re.match(r"(https?:)?//", address)]
    assert not re.search(r"<script(?![^>]*src)", page), "the policy takes no inline script"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("swagger-ui.css", "text/css"),
        ("swagger-ui-bundle.js", "text/javascript"),
        ("initializer.js", "text/javascript"),
        ("LICENSE", "application/octet-stream"),
        ("VERSION", "application/octet-stream"),
    ],
)
def test_its_files_are_in_the_package(browser, name, kind):
    with browser.get(f"/api/docs/{name}") as response:
        assert (response.status_code, response.mimetype) == (200, kind)
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_no_way_out_of_the_folder(browser):
    for name in ("..%2f__init__.py", "%2e%2e/auth.py", "nothing"):
        assert browser.get(f"/api/docs/{name}").status_code == 404


def test_the_description_is_made_once_and_asked_for_again(browser, monkeypatch):
    first = browser.get("/api/openapi.json")
    monkeypatch.setattr(openapi, "openapi_document", None)  # it is not made again
    again = browser.get("/api/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Cache-Control"] == "no-cache"
    assert browser.get("/api/openapi.json").data == first.data

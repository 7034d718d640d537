"""The built front end, served."""

import pytest

from appliance import frontend, web
from appliance.config import Settings

PAGE = "<!doctype html><title>The site</title>"


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    build = folder / "frontend_dist"
    (build / "assets").mkdir(parents=True)
    (build / "index.html").write_text(PAGE)
    (build / "icon.svg").write_text("<svg/>")
    (build / "assets" / "index-abc123.js").write_text("let x;")
    (folder / "secret.txt").write_text("outside")
    return build


@pytest.fixture(scope="module")
def client(build):
    """Of a site without a database: its pages need none."""
    settings = Settings(build.parent, "k" * 32, "sqlite:////nonexistent/database.db")
    app = web.create_app(settings, build)
    yield app.test_client()
    web.close_app(app)


@pytest.mark.parametrize(
    "path", ["/", "/login", "/assets/", "/broadcasts/7", "/apiary", "/link", "/metricsx"]
)
def test_every_page_is_the_application(client, path):
    response = client.get(path, buffered=True)
    assert (response.status_code, response.text) == (200, PAGE)
    assert response.mimetype == "text/html"
    assert "no-cache" in response.headers["Cache-Control"]


def test_a_page_is_asked_for_again_and_not_sent_again(client):
    known = {"If-None-Match": client.get("/", buffered=True).headers["ETag"]}
    assert client.get("/login", headers=known, buffered=True).status_code == 304


def test_assets_are_kept_for_ever(client):
    response = client.get("/assets/index-abc123.js", buffered=True)
    assert response.text == "let x;"
    for word in ("public", "immutable", "max-age=31536000"):
        assert word in response.headers["Cache-Control"]


def test_other_files_are_kept_a_while(client):
    response = client.get("/icon.svg", buffered=True)
    assert (response.mimetype, response.text) == ("image/svg+xml", "<svg/>")
    assert "max-age=3600" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone.js",
        "/api/gone",
        "/api",
        "/metrics",
        "/robots.txt",
        "/inbox/a.b",
        "/.env",
        "/.well-known/security",
        "/" + "a" * 256,
        "/people/" + "ж" * 128,
        "/" + "a/" * 3000,
        "/assets/" + "a" * 256,
        "/api/docs/" + "a" * 256,
        "/a%00b.c",
    ],
)
def test_what_is_missing_is_404(client, path):
    response = client.get(path, buffered=True)
    assert response.status_code == 404
    assert PAGE not in response.text


@pytest.mark.parametrize("path", ["/../secret.txt", "/assets/../../secret.txt", "/..%2fsecret.txt"])
def test_nothing_outside_is_served(client, path):
    assert "outside" not in client.get(path, buffered=True).text


def test_a_page_takes_no_writes(client):
    assert client.post("/login").status_code == 405


def test_without_a_build_it_says_how_to_make_one(settings, database, tmp_path):
    app = web.create_app(settings, tmp_path / "nowhere")
    response = app.test_client().get("/")
    assert response.status_code == 503
    assert "npm run build" in response.text
    assert app.test_client().get("/assets/x.js").status_code == 404
    web.close_app(app)


def test_the_build_is_found_inside_or_beside(tmp_path):
    package = tmp_path / "appliance"
    package.mkdir()
    assert frontend.find_build(package) == tmp_path / "frontend_dist"
    (package / "frontend_dist").mkdir()
    (package / "frontend_dist" / "index.html").write_text(PAGE)
    assert frontend.find_build(package) == package / "frontend_dist"

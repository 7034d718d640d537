"""`/r/…`: leads where the broadcast led and nowhere else, and counts people, not programs."""

import sqlite3

import pytest

from appliance.crud.broadcasts import click_tracking
from appliance.models import Broadcast
from appliance.services.broadcasts.click_tracking import Signer

URL = "https://a.example/страница?x=1&y=%20z"
PERSON = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)"}
PREVIEWER = {"User-Agent": "TelegramBot (like TwitterBot)"}


@pytest.fixture
def link(database):
    """Its broadcast's id and its own."""
    with database.writing() as session:
        row = Broadcast(text="x", audience={"to": ["all"], "not": []})
        session.add(row)
        session.flush()
        return row.id, click_tracking.remember(session, row.id, [URL])[URL]


@pytest.fixture
def token(link, settings):
    return Signer(settings.secret_key).sign(link[1], 5)


@pytest.fixture
def visit(app):
    """A visitor without cookies."""

    def visit(token, method="GET", **headers):
        return app.test_client().open(f"/r/{token}", method=method, headers=headers or PERSON)

    return visit


@pytest.fixture
def counted(database, link):
    def counted():
        with database.reading() as session:
            (found,) = click_tracking.by_link(session, link[0])
            return found.clicks, found.people

    return counted


def test_it_leads_on_and_counts(visit, token, counted):
    response = visit(token)
    assert response.status_code == 302
    assert response.headers["Location"] == (
        "https://a.example/%D1%81%D1%82%D1%80%D0%B0%D0%BD%D0%B8%D1%86%D0%B0?x=1&y=%20z"
    )
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers
    assert response.data == b""
    visit(token)
    assert counted() == (2, 1)


def test_programs_and_looks_ahead_are_led_on_but_not_counted(visit, token, counted):
    for response in (
        visit(token, method="HEAD"),
        visit(token, **PREVIEWER),
        visit(token, **PERSON, **{"Sec-Purpose": "prefetch;prerender"}),
        visit(token, **PERSON, Purpose="prefetch"),
    ):
        assert response.status_code == 302
    assert counted() == (0, 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: ("A" if token[0] != "A" else "B") + token[1:],
        lambda token: token + "A",
        lambda token: token[:-1],
        lambda token: "https://evil.example",
        str.swapcase,
    ],
)
def test_an_altered_token_is_404(visit, token, counted, change):
    response = visit(change(token))
    assert response.status_code == 404
    assert "Location" not in response.headers
    assert "Set-Cookie" not in response.headers
    assert counted() == (0, 0)


def test_a_token_of_another_site_is_404(visit, link):
    assert visit(Signer("x" * 40).sign(link[1], 5)).status_code == 404


def test_a_link_that_is_gone_is_404(visit, settings):
    assert visit(Signer(settings.secret_key).sign(999, 5)).status_code == 404


def test_parameters_change_nothing(visit, token):
    assert (
        visit(f"{token}?url=https://evil.example")
        .headers["Location"]
        .startswith("https://a.example/")
    )


def test_other_methods_are_refused(visit, token):
    assert visit(token, method="POST").status_code == 405


@pytest.mark.sqlite("refuses by a trigger")
def test_people_get_there_even_when_nothing_can_be_counted(visit, token, settings, counted):
    visit(token)
    connection = sqlite3.connect(settings.data / "database.db")
    connection.execute(
        "CREATE TRIGGER full BEFORE UPDATE ON clicks BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    connection.commit()
    connection.close()
    assert visit(token).status_code == 302
    assert counted() == (1, 1)

"""This site as a client of the issuer: PKCE, discovery, the code changed for a person."""

import json
import socket
import threading
from urllib.parse import parse_qs, urlsplit

import pytest

from appliance.errors import TryLater, Unauthorized, Unavailable
from appliance.services.telegram_auth import oidc
from appliance.services.telegram_auth.proofs import Person
from support.clock import Clock

SITE = "https://club.example.org"
DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(issuer, clock):
    return oidc.Client(issuer.url, "4242", "only-the-issuer-knows", SITE, clock)


def query_of(url):
    return {name: words[0] for name, words in parse_qs(urlsplit(url).query).items()}


def test_the_address_to_go_to(client, issuer):
    url, attempt = client.begin()
    assert url.startswith(f"{issuer.url}/auth?")
    asked = query_of(url)
    assert asked == {
        "response_type": "code",
        "client_id": "4242",
        "redirect_uri": f"{SITE}/api/v1/auth/telegram/callback",
        "scope": "openid profile telegram:bot_access",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": oidc.challenge_of(attempt.verifier),
        "code_challenge_method": "S256",
    }
    assert attempt.verifier not in url and "only-the-issuer-knows" not in url


def test_pkce_as_the_rfc_shows_it():
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B
    assert oidc.challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert 43 <= len(oidc.new_verifier()) <= 128


def test_every_attempt_is_new(client):
    attempts = [client.begin()[1] for _ in range(3)]
    words = [word for a in attempts for word in (a.state, a.nonce, a.verifier)]
    assert len(set(words)) == 9


def test_the_code_becomes_a_person(client, issuer):
    url, attempt = client.begin()
    code, _ = issuer.agree(url)
    assert client.finish(code, attempt) == Person(
        1001, "Anna", "Smirnova", "anna", None, may_write=True
    )
    (form,) = issuer.forms
    assert form["code_verifier"] == attempt.verifier
    assert "client_secret" not in form  # it travels in HTTP Basic


@pytest.mark.parametrize("scope", [None, "", "openid profile"])
def test_the_bot_may_write_only_where_the_issuer_says_so(client, issuer, scope):
    issuer.scope = scope
    url, attempt = client.begin()
    assert not client.finish(issuer.agree(url)[0], attempt).may_write


@pytest.mark.parametrize("number", ["1001", 1001])
def test_the_id_as_a_number_or_in_words(client, issuer, number):
    issuer.person = {"id": number, "name": "Anna Smirnova"}
    url, attempt = client.begin()
    person = client.finish(issuer.agree(url)[0], attempt)
    assert (person.id, person.first_name, person.last_name) == (1001, "Anna Smirnova", None)


@pytest.mark.parametrize("number", [None, "", 0, -1001, "abc", 2**60, 1.5, True, [1001]])
def test_a_token_that_names_nobody(client, issuer, number):
    """`sub` is there all the same, and is not Telegram's id."""
    issuer.person = {"id": number}
    url, attempt = client.begin()
    with pytest.raises(Unauthorized):
        client.finish(issuer.agree(url)[0], attempt)


def test_a_code_of_another_attempt(client, issuer):
    """Whoever steals a code cannot use it: they do not have the verifier."""
    url, _ = client.begin()
    code, _ = issuer.agree(url)
    with pytest.raises(Unauthorized):
        client.finish(code, client.begin()[1])


def test_a_code_works_once(client, issuer):
    url, attempt = client.begin()
    code, _ = issuer.agree(url)
    client.finish(code, attempt)
    with pytest.raises(Unauthorized):
        client.finish(code, attempt)


def test_a_token_without_an_id_token(client, issuer):
    issuer.answers["/token"] = 200, b'{"access_token": "a"}'
    with pytest.raises(Unauthorized):
        client.finish("code", client.begin()[1])


def test_a_wrong_secret_is_told_to_the_log(issuer, caplog):
    client = oidc.Client(issuer.url, "4242", "wrong-secret", SITE)
    url, attempt = client.begin()
    with pytest.raises(Unauthorized):
        client.finish(issuer.agree(url)[0], attempt)
    assert "invalid_client" in caplog.text
    assert "wrong-secret" not in caplog.text and attempt.verifier not in caplog.text


def test_discovery_is_asked_once_a_day(client, issuer, clock):
    for _ in range(3):
        client.begin()
    assert issuer.calls == [DISCOVERY]
    clock.now += oidc.ENDPOINTS_TTL_SECONDS
    client.begin()
    assert issuer.calls == [DISCOVERY] * 2


def test_a_dead_issuer_holds_up_one_visitor_not_all(client, issuer, clock):
    issuer.answers[DISCOVERY] = 502, b""
    for _ in range(5):
        with pytest.raises(Unavailable):
            client.begin()
    assert len(issuer.calls) == 1
    del issuer.answers[DISCOVERY]
    clock.now += oidc.RETRY_SECONDS
    client.begin()


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://elsewhere.example"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": 7},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_a_discovery_document_of_somebody_else(client, issuer, change):
    document = {**issuer.documents()[DISCOVERY], **change}
    issuer.answers[DISCOVERY] = 200, json.dumps(document).encode()
    with pytest.raises(Unavailable):
        client.begin()


def test_made_only_where_it_is_configured(settings, site_settings):
    assert oidc.make_client(settings) is None
    assert oidc.make_client(site_settings) is not None


def test_an_issuer_that_hangs_keeps_one_thread(clock, wait_until):
    refused, ended = [], []
    with socket.create_server(("127.0.0.1", 0)) as issuer:
        url = f"http://127.0.0.1:{issuer.getsockname()[1]}"
        client = oidc.Client(url, "4242", "only-the-issuer-knows", SITE, clock)

        def begin():
            try:
                client.begin()
            except TryLater:
                refused.append(True)
            except Unavailable:
                ended.append(True)

        threads = [threading.Thread(target=begin) for _ in range(5)]
        for thread in threads:
            thread.start()
        asked, _ = issuer.accept()
        wait_until(lambda: len(refused) == 4)
        assert ended == []
        asked.close()  # the one that asked is told now
        for thread in threads:
            thread.join(20)
    assert (len(refused), len(ended)) == (4, 1)

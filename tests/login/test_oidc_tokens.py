"""ID tokens: only those that the issuer signed, for us, now, and for this attempt."""

import base64
import json
import time

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.errors import Unauthorized, Unavailable
from appliance.services.telegram_auth.oidc_tokens import (
    KEYS_TTL_SECONDS,
    LEEWAY_SECONDS,
    MAX_AGE_SECONDS,
    REFETCH_SECONDS,
    Verifier,
)
from support.clock import Clock

NONCE = "n" * 32
ASKED = {"nonce": NONCE}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def verifier(issuer, clock):
    return Verifier(issuer.url, "4242", f"{issuer.url}/.well-known/jwks.json", clock)


def refused(verifier, token, nonce=NONCE):
    with pytest.raises(Unauthorized) as caught:
        verifier.verify(token, nonce)
    return str(caught.value)


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA", "ES256K"])
def test_a_good_token_of_each_algorithm(issuer, verifier, make_key, algorithm):
    issuer.keys = [make_key(algorithm, "k")]
    assert verifier.verify(issuer.token(ASKED), NONCE)["id"] == 1001


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "4243"},
        {"aud": None},
        {"aud": ["4242", "4243"]},
        {"aud": 4242},
        {"azp": "4243"},
        {"exp": 0},
        {"exp": None},
        {"exp": "soon"},
        {"iat": None},
        {"iat": 10**12},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": 7},
        {"nonce": "\ud800"},
        {"nbf": 10**12},
    ],
    ids=str,
)
def test_wrong_claims(issuer, verifier, claims):
    issuer.claims = claims
    refused(verifier, issuer.token(ASKED))


def test_times_have_a_leeway_and_no_more(issuer, verifier):
    now = int(time.time())
    issuer.claims = {"exp": now - LEEWAY_SECONDS + 10}
    verifier.verify(issuer.token(ASKED), NONCE)
    issuer.claims = {"exp": now - LEEWAY_SECONDS - 1}
    refused(verifier, issuer.token(ASKED))
    issuer.claims = {"iat": now - MAX_AGE_SECONDS - 1, "exp": now + 60}
    refused(verifier, issuer.token(ASKED))


def test_an_audience_of_one_in_a_list(issuer, verifier):
    issuer.claims = {"aud": ["4242"], "azp": "4242"}
    verifier.verify(issuer.token(ASKED), NONCE)


def test_claims_that_nobody_reads_may_be_of_any_kind(issuer, verifier):
    issuer.claims = {"sub": 1001, "jti": 7}
    verifier.verify(issuer.token(ASKED), NONCE)


def test_a_forged_signature(issuer, verifier, make_key):
    forger = make_key("RS256", "rsa-1")  # the issuer's name on another key
    issuer.sign = forger.sign
    refused(verifier, issuer.token(ASKED))
    issuer.sign = issuer.keys[0].sign
    head, body, signature = issuer.token(ASKED).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    refused(verifier, f"{head}.{encoded({**claims, 'id': 1})}.{signature}")
    refused(verifier, f"{head}.{body}.")


def test_without_a_signature(issuer, verifier):
    issuer.sign = lambda claims: jwt.encode(claims, None, "none")
    refused(verifier, issuer.token(ASKED))
    head = encoded({"alg": "none", "kid": "rsa-1"})
    refused(verifier, f"{head}.{issuer.token(ASKED).split('.')[1]}.")


def test_the_public_key_is_no_secret(issuer, verifier):
    """HS256 with the published key: the classic confusion."""
    import hmac

    from cryptography.hazmat.primitives import serialization

    public = issuer.keys[0].private.public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    def sign(claims):
        signed = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': 'rsa-1'})}.{encoded(claims)}"
        tag = hmac.digest(pem, signed.encode(), "sha256")
        return f"{signed}.{base64.urlsafe_b64encode(tag).rstrip(b'=').decode()}"

    issuer.sign = sign
    refused(verifier, issuer.token(ASKED))


def test_a_key_in_the_token_is_not_believed(issuer, verifier, make_key):
    forger = make_key("RS256", "forger")
    issuer.sign = lambda claims: forger.sign(claims, jwk=forger.public(), jku="http://evil.example")
    refused(verifier, issuer.token(ASKED))


def test_a_key_serves_its_own_algorithm_only(issuer, verifier):
    issuer.sign = lambda claims: jwt.encode(
        claims, issuer.keys[0].private, "PS256", headers={"kid": "rsa-1"}
    )
    refused(verifier, issuer.token(ASKED))


def test_a_secret_key_and_an_encryption_key_are_passed_over(issuer, verifier, rsa_key, make_key):
    secret = {"kty": "oct", "kid": "s", "alg": "HS256", "k": base64.b64encode(b"x" * 32).decode()}
    other = {**make_key("RS256", "enc").public(), "use": "enc"}
    strange = [{"kty": "EC", "crv": "P-9", "x": 1}, {"kty": "OKP"}, {"kty": "RSA", "n": "!"}, 7]
    keys = {"keys": [secret, other, *strange, rsa_key.public()]}
    issuer.answers["/.well-known/jwks.json"] = 200, json.dumps(keys).encode()
    verifier.verify(issuer.token(ASKED), NONCE)
    issuer.sign = lambda claims: jwt.encode(claims, b"x" * 32, "HS256", headers={"kid": "s"})
    refused(verifier, issuer.token(ASKED))


def test_keys_are_kept(issuer, verifier, clock):
    for _ in range(3):
        verifier.verify(issuer.token(ASKED), NONCE)
    assert len(issuer.calls) == 1
    clock.now += KEYS_TTL_SECONDS
    verifier.verify(issuer.token(ASKED), NONCE)
    assert len(issuer.calls) == 2


def test_keys_are_asked_again_when_the_issuer_changes_them(issuer, verifier, clock, make_key):
    verifier.verify(issuer.token(ASKED), NONCE)
    issuer.keys.insert(0, make_key("ES256", "new"))
    clock.now += REFETCH_SECONDS
    verifier.verify(issuer.token(ASKED), NONCE)
    old = issuer.keys.pop()
    clock.now += KEYS_TTL_SECONDS
    refused(verifier, old.sign({"nonce": NONCE}))  # taken back


def test_made_up_key_ids_do_not_make_us_ask_without_end(issuer, verifier, clock, make_key):
    verifier.verify(issuer.token(ASKED), NONCE)
    stranger = make_key("ES256", "made up")
    for _ in range(5):
        refused(verifier, stranger.sign({"nonce": NONCE}))
    assert len(issuer.calls) == 1
    clock.now += REFETCH_SECONDS
    for _ in range(5):
        refused(verifier, stranger.sign({"nonce": NONCE}))
    assert len(issuer.calls) == 2


def test_a_token_without_a_key_id_needs_a_single_key(issuer, verifier, clock, make_key):
    nameless = jwt.encode({"iss": issuer.url}, issuer.keys[0].private, "RS256")
    issuer.sign = lambda claims: jwt.encode(claims, issuer.keys[-1].private, "RS256")
    assert "kid" not in jwt.get_unverified_header(nameless)
    verifier.verify(issuer.token(ASKED), NONCE)
    issuer.keys.insert(0, make_key("RS256", "rsa-2"))
    clock.now += KEYS_TTL_SECONDS
    refused(verifier, issuer.token(ASKED))


@pytest.mark.parametrize(("strangers", "found"), [(49, True), (50, False)])
def test_no_more_keys_are_read_than_an_issuer_has(issuer, verifier, rsa_key, strangers, found):
    keys = {"keys": [*[{"kty": "oct"}] * strangers, rsa_key.public()]}
    issuer.answers["/.well-known/jwks.json"] = 200, json.dumps(keys).encode()
    if found:
        verifier.verify(issuer.token(ASKED), NONCE)
    else:
        refused(verifier, issuer.token(ASKED))


@pytest.mark.parametrize("answer", [(500, b""), (200, b"[]"), (200, b"{}"), (302, b"{}")])
def test_an_issuer_without_keys(issuer, verifier, answer):
    issuer.answers["/.well-known/jwks.json"] = answer
    with pytest.raises((Unavailable, Unauthorized)):
        verifier.verify(issuer.token(ASKED), NONCE)


def test_every_refusal_says_the_same_and_logs_no_token(issuer, verifier, caplog):
    issuer.claims = {"aud": "1"}
    tokens = [issuer.token(ASKED), "rubbish", None]
    assert len({refused(verifier, token) for token in tokens}) == 1
    assert caplog.messages and tokens[0].split(".")[1] not in caplog.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(token=st.one_of(st.none(), st.integers(), st.text(), st.binary()))
def test_rubbish_is_refused(verifier, token):
    refused(verifier, token)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    header=st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk"]),
        st.one_of(
            st.sampled_from(["RS256", "none", "HS256", "rsa-1"]),
            st.integers(),
            st.none(),
            st.lists(st.text(max_size=3)),
        ),
    ),
    body=st.one_of(st.integers(), st.text(), st.dictionaries(st.text(), st.integers())),
)
def test_rubbish_in_the_shape_of_a_token_is_refused(verifier, header, body):
    refused(verifier, f"{encoded(header)}.{encoded(body)}.AAAA")

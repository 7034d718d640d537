"""What Telegram signed with the bot's token, and what only looks so."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config import SANDBOX_TOKEN
from appliance.errors import ApplianceError, Expired, Unauthorized, Unavailable
from appliance.services.telegram_auth import proofs
from appliance.services.telegram_auth.proofs import MAX_AGE, SKEW, Person, person_of

TOKEN = "4242:real-looking-token-of-the-tests"
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
ANNA = {"id": 1001, "first_name": "Anna", "last_name": "", "username": "anna", "auth_date": AT}
USER = json.dumps({"id": 1001, "first_name": "Анна", "language_code": "ru"})


def sign(fields, key):
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    return {**fields, "hash": hmac.digest(key, lines.encode(), "sha256").hex()}


def widget(token=TOKEN, **fields):
    return sign({**ANNA, **fields}, hashlib.sha256(token.encode()).digest())


def init_data(token=TOKEN, **fields):
    fields = {"user": USER, "auth_date": str(AT), "start_param": "", **fields}
    fields = {name: value for name, value in fields.items() if value is not None}
    return urlencode(sign(fields, hmac.digest(b"WebAppData", token.encode(), "sha256")))


def check_widget(fields, token=TOKEN, now=NOW):
    return proofs.check_widget(fields, token, now)


def check_init_data(words, token=TOKEN, now=NOW):
    return proofs.check_init_data(words, token, now)


def test_the_widget():
    proof = check_widget(widget())
    assert proof.person == Person(1001, "Anna", None, "anna")
    assert proof.expires_at == NOW + MAX_AGE


def test_the_widget_by_an_example_computed_elsewhere():
    """`printf 'auth_date=1\\nfirst_name=A\\nid=5' | openssl dgst -sha256 -mac HMAC …`"""
    fields = {
        "id": 5,
        "first_name": "A",
        "auth_date": 1,
        "hash": "47253c8f9110fab7ea46e38777e40952415b63e629fca1717e8ae23229f731eb",
    }
    then = datetime.fromtimestamp(1, UTC)
    assert check_widget(fields, "123456:ABC", then).person.id == 5


def test_init_data():
    proof = check_init_data(init_data())
    assert proof.person == Person(1001, "Анна", None, None, "ru")


@pytest.mark.parametrize(("said", "may_write"), [(True, True), (False, False), ("true", False)])
def test_the_bot_may_write_where_telegram_says_so(said, may_write):
    user = json.dumps({"id": 5, "allows_write_to_pm": said})
    assert check_init_data(init_data(user=user)).person.may_write is may_write


def test_blank_and_unknown_fields_are_signed_too():
    words = init_data(signature="third-party", chat_type="", later="x y&z=%")
    assert check_init_data(words).person.id == 1001
    for name in ("signature", "chat_type", "later"):
        left = [pair for pair in parse_qsl(words, keep_blank_values=True) if pair[0] != name]
        with pytest.raises(Unauthorized):
            check_init_data(urlencode(left))


@pytest.mark.parametrize("name", ["user", "auth_date", "start_param", "hash"])
def test_every_field_counts(name):
    fields = dict(parse_qsl(init_data(), keep_blank_values=True))
    for change in (fields[name] + "x", None):
        changed = {**fields, name: change}
        if change is None:
            del changed[name]
        with pytest.raises(Unauthorized):
            check_init_data(urlencode(changed))


def test_another_bots_signature():
    other = TOKEN.replace("4242", "4243")
    for check, data in ((check_widget, widget(other)), (check_init_data, init_data(other))):
        with pytest.raises(Unauthorized):
            check(data)


def test_one_kind_is_not_the_other():
    """The keys differ, so the widget's data cannot be sent as a Mini App's."""
    with pytest.raises(Unauthorized):
        check_init_data(urlencode(widget()))


def lines_of(fields):
    """What is signed of them."""
    return "\n".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "hash")


@pytest.mark.parametrize(
    ("signed", "changes"),
    [
        # one field in place of two: their person would have no username
        ({"last_name": "B"}, {"last_name": "B\nusername=anna", "username": None}),
        ({"photo_url": "p"}, {"last_name": "\nphoto_url=p", "photo_url": None}),
        # another name for the same line
        ({"last_name": "B=C"}, {"last_name=B": "C", "last_name": None}),
        (
            {"last_name": "B"},
            {"last_name=B\nusername": "anna", "last_name": None, "username": None},
        ),
    ],
)
def test_fields_cannot_be_read_in_another_way(signed, changes):
    """The lines are the same, and so is the signature; who they speak of is not."""
    fields = widget(**signed)
    other = {name: value for name, value in {**fields, **changes}.items() if value is not None}
    assert lines_of(other) == lines_of(fields) and other != fields, "or it is refused by its hash"
    with pytest.raises(Unauthorized):
        check_widget(other)


def test_of_a_mini_app_neither():
    fields = dict(parse_qsl(init_data(chat_type="x=y"), keep_blank_values=True))
    other = {**fields, "chat_type=x": "y"}
    del other["chat_type"]
    assert lines_of(other) == lines_of(fields)
    with pytest.raises(Unauthorized):
        check_init_data(urlencode(other))


def test_no_more_fields_than_it_ever_has():
    """Before the signature is known they cost as much as whoever sends them likes."""
    spare = {f"spare_{number}": "" for number in range(36)}  # beside four
    assert check_init_data(init_data(**spare)).person.id == 1001
    with pytest.raises(Unauthorized):
        check_init_data(init_data(**spare, one_more=""))


def test_a_field_given_twice():
    with pytest.raises(Unauthorized):
        check_init_data(f"{init_data()}&user={quote(USER)}")


@pytest.mark.parametrize("hash_", ["", "0" * 64, "é" * 64, "\ud800", None, 7, True])
def test_a_strange_hash(hash_):
    with pytest.raises(Unauthorized):
        check_widget({**widget(), "hash": hash_})


def test_the_hash_is_taken_as_telegram_writes_it():
    data = widget()
    with pytest.raises(Unauthorized):
        check_widget({**data, "hash": data["hash"].upper()})


def test_ages():
    data = widget()
    check_widget(data, now=NOW + MAX_AGE - timedelta(seconds=1))
    # With more, a stolen proof would live longer.
    assert (timedelta(minutes=15), timedelta(minutes=1)) == (MAX_AGE, SKEW)
    check_widget(data, now=NOW - SKEW)
    with pytest.raises(Expired):
        check_widget(data, now=NOW + MAX_AGE)
    with pytest.raises(Unauthorized):
        check_widget(data, now=NOW - SKEW - timedelta(seconds=1))


@pytest.mark.parametrize("at", ["", "soon", "-1", "1.5", "9" * 12, "9" * 13, "١٢٣", " 1", "1e9"])
def test_a_strange_time(at):
    with pytest.raises(Unauthorized):
        check_init_data(init_data(auth_date=at))


@pytest.mark.parametrize(
    "user",
    [
        None,
        "",
        "{",
        "7",
        "[]",
        "{}",
        '{"id": "x"}',
        '{"id": 0}',
        '{"id": -5}',
        '{"id": 1.5}',
        '{"id": true}',
        '{"id": 9999999999999999999}',
        '{"id": 5, "is_bot": true}',
        '{"id": ' + "9" * 5000 + "}",
    ],
)
def test_signed_data_that_names_nobody(user):
    with pytest.raises(Unauthorized):
        check_init_data(init_data(user=user))


def test_ids_have_at_most_52_bits():
    """So Telegram promises; all else is a number that somebody thought up."""
    assert check_widget(widget(id=2**52)).person.id == 2**52
    with pytest.raises(Unauthorized):
        check_widget(widget(id=2**52 + 1))


def test_names_fit_into_the_database():
    user = json.dumps(
        {
            "id": 5,
            "first_name": "a\0\ud800" * 200,
            "last_name": "b" * 300,
            "username": "u" * 99,
            "language_code": "l" * 9,
        }
    )
    person = check_init_data(init_data(user=user)).person
    assert len(person.first_name) == 255 and "\0" not in person.first_name
    person.first_name.encode()
    assert (person.last_name, person.username) == ("b" * 255, "u" * 64)
    assert person.language == "l" * 8
    nameless = check_init_data(init_data(user='{"id": 5, "first_name": ""}')).person
    assert nameless.first_name == "5"


@pytest.mark.parametrize("more", ["&", "&more", "&&", "&=&"])
def test_what_is_left_out_of_the_signature_is_refused(more):
    check_init_data(init_data())
    with pytest.raises(Unauthorized):
        check_init_data(init_data() + more)


@pytest.mark.parametrize("token", [None, "", SANDBOX_TOKEN])
def test_without_a_bot_of_telegram(token):
    for check, data in ((check_widget, widget()), (check_init_data, init_data())):
        with pytest.raises(Unavailable):
            check(data, token)


def test_the_same_data_has_one_digest():
    assert check_widget(widget()).digest == check_widget({**widget(), "photo_url": None}).digest
    words = init_data()
    turned = urlencode(list(reversed(parse_qsl(words, keep_blank_values=True))))
    assert turned != words
    assert check_init_data(turned).digest == check_init_data(words).digest
    assert check_init_data(init_data(query_id="2")).digest != check_init_data(words).digest


def test_claims():
    assert person_of({"id": 5, "name": "A B", "family_name": "B"}) == Person(5, "A B")
    full = {"id": "5", "given_name": "A", "family_name": "B", "preferred_username": "ab"}
    assert person_of(full) == Person(5, "A", "B", "ab")
    with pytest.raises(Unauthorized):
        person_of({"sub": "5"})


@given(st.text())
def test_rubbish_is_refused_in_one_way(words):
    with pytest.raises(Unauthorized):
        check_init_data(words)


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.none(), st.floats())))
def test_rubbish_of_a_widget_is_refused_in_one_way(fields):
    with pytest.raises(Unauthorized):
        check_widget(fields)


@given(
    st.dictionaries(
        st.sampled_from(["id", "first_name", "username", "is_bot", "language_code"]),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.floats()),
            lambda inner: st.lists(inner, max_size=2),
        ),
    )
)
def test_whatever_is_signed_gives_a_person_or_a_refusal(user):
    try:
        person = check_init_data(init_data(user=json.dumps(user))).person
    except ApplianceError:
        return
    assert 0 < person.id <= 2**52
    person.first_name.encode()

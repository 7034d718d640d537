"""Every answer of the Bot API has exactly one meaning."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.delivery.answers.classify import MAX_RETRY_AFTER, Answer, Kind, Verdict, classify
from appliance.models import MAX_ID


def refusal(status, description, **parameters):
    document = {"ok": False, "error_code": status, "description": description}
    if parameters:
        document["parameters"] = parameters
    return Answer(status, json.dumps(document).encode())


@pytest.mark.parametrize(
    ("status", "words", "kind", "reason"),
    [
        (403, "Forbidden: bot was blocked by the user", Kind.GONE, "blocked"),
        (403, "Forbidden: user is deactivated", Kind.GONE, "deactivated"),
        (403, "Forbidden: bot can't initiate conversation with a user", Kind.GONE, "never_started"),
        (403, "Forbidden: bot was kicked from the supergroup chat", Kind.GONE, "kicked"),
        (403, "Forbidden: bot is not a member of the channel chat", Kind.GONE, "not_a_member"),
        (403, "Forbidden: the group chat was deleted", Kind.GONE, "deleted"),
        (400, "Bad Request: group chat was deactivated", Kind.GONE, "deleted"),
        (400, "Bad Request: have no rights to send a message", Kind.GONE, "no_rights"),
        (
            400,
            "Bad Request: not enough rights to send text messages to the chat",
            Kind.GONE,
            "no_rights",
        ),
        (400, "Bad Request: have no write access to the chat", Kind.GONE, "no_rights"),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", Kind.GONE, "no_rights"),
        (400, "Bad Request: CHAT_RESTRICTED", Kind.GONE, "no_rights"),
        (
            400,
            "Bad Request: need administrator rights in the channel chat",
            Kind.GONE,
            "no_rights",
        ),
        (
            400,
            "Bad Request: not enough rights to send photos to the chat",
            Kind.REFUSED,
            "no_rights",
        ),
        (400, "Bad Request: not enough rights to create a topic", Kind.REFUSED, "no_rights"),
        (400, "Bad Request: not enough rights", Kind.REFUSED, "no_rights"),
        (400, "Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN", Kind.REFUSED, "no_rights"),
        (400, "Bad Request: chat not found", Kind.REFUSED, "chat_not_found"),
        (400, "Bad Request: PEER_ID_INVALID", Kind.REFUSED, "peer_id_invalid"),
        (400, "Bad Request: can't parse entities: Unsupported start tag", Kind.CONTENT, "content"),
        (400, "Bad Request: message is too long", Kind.CONTENT, "content"),
        (400, "Bad Request: message caption is too long", Kind.CONTENT, "content"),
        (400, "Bad Request: message text is empty", Kind.CONTENT, "content"),
        (400, "Bad Request: BUTTON_DATA_INVALID", Kind.CONTENT, "content"),
        (400, "Bad Request: TOPIC_CLOSED", Kind.REFUSED, "topic_closed"),
        (401, "Unauthorized", Kind.TOKEN, "token"),
        (404, "Not Found", Kind.TOKEN, "token"),
        (500, "Internal Server Error", Kind.SERVER, "server_error"),
        (502, "Bad Gateway", Kind.SERVER, "server_error"),
        (503, "Service Unavailable", Kind.SERVER, "server_error"),
        (504, "Gateway Timeout", Kind.UNKNOWN, "gateway_timeout"),
        (524, "A timeout occurred", Kind.UNKNOWN, "gateway_timeout"),
        (499, "Bad Request: TOPIC_CLOSED", Kind.REFUSED, "topic_closed"),
        (413, "Request Entity Too Large", Kind.CONTENT, "content"),
    ],
)
def test_refusals(status, words, kind, reason):
    verdict = classify(refusal(status, words))

    assert (verdict.kind, verdict.reason, verdict.description) == (kind, reason, words)


def test_sent_knows_the_message():
    body = b'{"ok":true,"result":{"message_id":7}}'

    verdict = classify(Answer(200, body))

    assert (verdict.kind, verdict.message_id) == (Kind.SENT, 7)


def test_a_call_that_is_no_message_is_sent_too():
    assert classify(Answer(200, b'{"ok":true,"result":true}')).kind == Kind.SENT


def test_an_album_is_named_by_its_first_message():
    body = b'{"ok":true,"result":[{"message_id":7},{"message_id":8}]}'

    assert classify(Answer(200, body)).message_id == 7


def test_flood_says_how_long():
    verdict = classify(refusal(429, "Too Many Requests: retry after 5", retry_after=5))

    assert (verdict.kind, verdict.retry_after) == (Kind.FLOOD, 5.0)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answer(429, b"<html>slow down</html>", retry_after=9), 9.0),
        (Answer(429, b"<html>slow down</html>"), 1.0),
        (Answer(429, b'{"ok":false}', retry_after=9), 9.0),
        (Answer(429, b'{"ok":false,"parameters":{"retry_after":5}}', retry_after=9), 5.0),
        (Answer(429, b'{"ok":false,"parameters":{"retry_after":1}}', retry_after=9), 1.0),
        (Answer(429, b'{"ok":false,"parameters":{"retry_after":0}}'), 1.0),
        (Answer(429, b'{"ok":false,"parameters":{"retry_after":0}}', retry_after=9), 9.0),
        (Answer(429, b'{"ok":false,"parameters":{"retry_after":-3}}'), 1.0),
        (Answer(429, b'{"ok":false,"parameters":{"retry_after":"soon"}}', retry_after=9), 9.0),
        (Answer(429, b'{"ok":false,"parameters":[]}'), 1.0),
        (Answer(429, b'{"ok":false,"parameters":{"retry_after":true}}'), 1.0),
        (Answer(429, b'{"ok":false,"parameters":{"retry_after":1e9}}', retry_after=9), 9.0),
        (Answer(429, b'{"ok":false,"parameters":{"retry_after":%d}}' % 10**30), MAX_RETRY_AFTER),
        (Answer(429, b"", retry_after=10**9), MAX_RETRY_AFTER),
        (refusal(429, "Too Many Requests: retry after 4"), 4.0),
        (refusal(429, "Too Many Requests: retry after 4", retry_after=2), 2.0),
    ],
)
def test_a_flood_lasts_as_long_as_the_document_or_else_the_header_says(answer, seconds):
    """And a second, where neither does: never nothing."""
    verdict = classify(answer)

    assert (verdict.kind, verdict.reason, verdict.retry_after) == (Kind.FLOOD, "flood", seconds)


def test_a_group_that_moved_names_its_new_id():
    words = "Bad Request: group chat was upgraded to a supergroup chat"

    verdict = classify(refusal(400, words, migrate_to_chat_id=-1001))

    assert (verdict.kind, verdict.migrate_to) == (Kind.MIGRATED, -1001)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(error="refused", left=False), Verdict(Kind.OFFLINE, "offline", "refused")),
        (Answer(error="timed out", left=True), Verdict(Kind.UNKNOWN, "no_answer", "timed out")),
    ],
)
def test_without_an_answer_it_matters_whether_the_request_left(answer, verdict):
    """If not, it was surely not delivered."""
    assert classify(answer) == verdict


NO_DOCUMENT = [b"", b'{"ok":tr', b"[]", b'["ok"]', b'"ok"', b"7", b"null", b"<html>", b"\xff"]


@pytest.mark.parametrize("status", [200, 204, 299])
@pytest.mark.parametrize("body", NO_DOCUMENT)
def test_success_without_a_readable_answer_is_unknown(status, body):
    words = f"HTTP {status} without a Bot API answer"

    assert classify(Answer(status, body)) == Verdict(Kind.UNKNOWN, "no_answer", words)


@pytest.mark.parametrize("status", [201, 400])
def test_only_200_is_a_success(status):
    """`ok` alone says nothing: whatever sent it was not the Bot API."""
    assert classify(Answer(status, b'{"ok":true,"result":{"message_id":7}}')).kind != Kind.SENT


@pytest.mark.parametrize(
    ("document", "reason", "words"),
    [
        (b'{"ok":false}', "http_400", "HTTP 400"),
        (b'{"ok":false,"description":""}', "http_400", "HTTP 400"),
        (b'{"ok":false,"description":"Bad Request: ?!"}', "refused", "Bad Request: ?!"),
    ],
)
def test_a_refusal_has_a_reason_that_can_be_counted(document, reason, words):
    assert classify(Answer(400, document)) == Verdict(Kind.REFUSED, reason, words)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Bad Request: USER_IS_BOT", "user_is_bot"),
        ("Bad Request: it: has two", "bad_request_it_has_two"),
        ("Bad Request: " + "a" * 60, "a" * 48),
        ("--- Nothing --- known ---", "nothing_known"),
    ],
)
def test_the_code_of_what_telegram_may_say_some_day(words, code):
    assert classify(refusal(400, words)).reason == code


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (300, Kind.PROXY),
        (400, Kind.PROXY),
        (401, Kind.PROXY),
        (403, Kind.PROXY),
        (404, Kind.PROXY),
        (408, Kind.PROXY),
        (413, Kind.PROXY),
        (499, Kind.PROXY),
        (500, Kind.SERVER),
        (502, Kind.SERVER),
        (503, Kind.SERVER),
        (504, Kind.UNKNOWN),
        (524, Kind.UNKNOWN),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>nginx</html>", b'{"error":"denied"}'])
def test_a_page_of_a_proxy_says_nothing_of_the_recipient(status, kind, body):
    verdict = classify(Answer(status, body))

    reason = {Kind.SERVER: "server_error", Kind.UNKNOWN: "gateway_timeout"}
    assert verdict == Verdict(
        kind,
        reason.get(kind, f"http_{status}"),
        f"HTTP {status} without a Bot API answer",
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
PARAMETERS = st.fixed_dictionaries({}, optional={"retry_after": JSON, "migrate_to_chat_id": JSON})
DOCUMENTS = st.fixed_dictionaries(
    {"ok": JSON},
    optional={"description": JSON, "parameters": JSON | PARAMETERS, "result": JSON},
)


@given(
    st.integers(0, 599) | st.sampled_from([200, 400, 429]),
    st.binary(max_size=60) | st.builds(lambda value: json.dumps(value).encode(), JSON | DOCUMENTS),
)
def test_no_answer_breaks_it(status, body):
    """Nor what comes after: whatever was written, the verdict fits into either database."""
    verdict = classify(Answer(status, body))

    assert verdict.kind in set(Kind)
    for text in (verdict.description or "", verdict.reason or ""):
        assert "\0" not in text.encode().decode()
        assert len(text) <= 1000
    assert len(verdict.reason or "") <= 64
    assert 0 <= verdict.retry_after <= MAX_RETRY_AFTER
    assert 0 < (verdict.message_id or 1) <= MAX_ID
    assert -MAX_ID <= (verdict.migrate_to or -1) < 0


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_brackets_without_end_are_no_answer(depth):
    assert classify(Answer(200, b'{"ok":' + b"[" * depth)).kind == Kind.UNKNOWN


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        # A proxy that makes everything a 200: the document has the code.
        (200, {"ok": False, "error_code": 403, "description": "Forbidden: bot was kicked"}, "gone"),
        (200, {"ok": False, "error_code": 429, "parameters": {"retry_after": "abc"}}, "flood"),
        (200, {"ok": False}, "unknown"),
        (200, {"ok": False, "error_code": 7}, "unknown"),
        (200, {"ok": "yes", "result": {}}, "unknown"),
        (400, {"ok": None}, "proxy"),
        (500, {"ok": True}, "unknown"),
        (400, {"ok": False, "description": ["no", "words"]}, "refused"),
        (400, {"ok": False, "parameters": {"migrate_to_chat_id": 10**30}}, "refused"),
        (400, {"ok": False, "parameters": {"migrate_to_chat_id": True}}, "refused"),
        (404, {"ok": False, "description": "Not Found: method not found"}, "content"),
        (404, {"ok": False, "description": "Not Found"}, "token"),
    ],
)
def test_an_answer_that_contradicts_itself_has_one_meaning_still(status, document, kind):
    assert classify(Answer(status, json.dumps(document).encode())).kind == kind


@pytest.mark.parametrize("number", [10**30, -1, 0, True, 1.5, "7", None, [], {}])
def test_a_message_id_that_is_none_leaves_it_sent_without(number):
    body = json.dumps({"ok": True, "result": {"message_id": number}}).encode()

    verdict = classify(Answer(200, body))

    assert (verdict.kind, verdict.message_id) == (Kind.SENT, None)


def test_a_description_loses_what_no_database_takes():
    words = "Bad Request: a\0b \ud800 " + "x" * 5000

    description = classify(refusal(400, words)).description

    assert description.startswith("Bad Request: ab ? xxx")
    assert len(description) == 1000

"""Whatever the JSON holds, a sender reads words of it or nothing."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.services import alerts
from appliance.services.alerts.alert import lines, objects, paragraphs, word

NAMES = st.sampled_from(
    [
        *("alerts", "groupKey", "commonLabels", "labels", "annotations", "status", "repository"),
        *("sender", "full_name", "login", "ref", "commits", "issue", "title", "text"),
        *("attachments", "blocks", "fields", "elements", "content", "embeds", "message"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(NAMES, JSON, max_size=8))
def test_anything_is_read_without_an_error(document):
    alert = alerts.read(document)
    assert alert is None or (isinstance(alert.title, str) and isinstance(alert.text, str))


def test_words():
    assert word({"a": {"b": " x "}}, "a", "b") == "x"
    assert word({"a": 5}, "a") == "5"
    assert word({"a": True, "b": []}, "a") == word({"b": []}, "b") == word(None, "a") == ""


def test_parts():
    assert objects([{"a": 1}, 5]) == [{"a": 1}] and objects("x") == []
    assert lines("a", "", "b") == "a\nb"
    assert paragraphs(["a", "", "b"]) == "a\n\nb"

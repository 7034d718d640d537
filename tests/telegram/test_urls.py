"""Links as Telegram takes them."""

import pytest

from appliance.telegram.urls import LinkError, checked_link, mentioned_user


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.com", "https://example.com/"),
        ("EXAMPLE.com", "http://example.com/"),
        ("HTTP://Example.COM/Path?Q#f", "http://example.com/Path?Q#f"),
        ("https://example.com?a=b", "https://example.com/?a=b"),
        ("https://example.com/a b", "https://example.com/a%20b"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
        ("http://[::1]/", "http://[::1]/"),
        ("https://пример.рф/", "https://пример.рф/"),
        ("tg://resolve?domain=x", "tg://resolve?domain=x"),
        ("tg:resolve?domain=x", "tg://resolve?domain=x"),
        ("mailto:a@example.com", "http://mailto:a@example.com/"),
    ],
)
def test_links_that_are_kept(url, kept):
    assert checked_link(url) == kept


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "Wrong HTTP URL"),
        ("http://", "Wrong HTTP URL"),
        ("http://localhost:8080", "Wrong HTTP URL"),
        ("nowhere", "Wrong HTTP URL"),
        ("https://a b.com", "Wrong HTTP URL"),
        ("ftp://example.com", "Unsupported URL protocol"),
        ("javascript:alert(1)", "Wrong HTTP URL"),
        ("javascript://example.com/%0aalert(1)", "Unsupported URL protocol"),
    ],
)
def test_links_that_are_refused(url, reason):
    with pytest.raises(LinkError, match=reason):
        checked_link(url)


@pytest.mark.parametrize(
    ("url", "user_id"),
    [
        ("tg://user?id=5", 5),
        ("tg:user?id=5", 5),
        ("tg://user?a=b&id=5&c", 5),
        ("tg://user?id=0", None),
        ("tg://user?id=x", None),
        ("https://t.me/user?id=5", None),
    ],
)
def test_mentions(url, user_id):
    assert mentioned_user(url) == user_id

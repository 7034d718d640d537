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
        ("tg://addstickers/x", "tg://addstickers/x"),
        ("tonsite://example.ton/x", "tonsite://example.ton/x"),
        ("https://a.example:00443/ ", "https://a.example:443/"),
        ("https://a.example:65535", "https://a.example:65535/"),
        ("https://a:b@c.example", "https://a:b@c.example/"),
        ("https://%61.example", "https://%61.example/"),
        ("mailto:a@example.com", "http://mailto:a@example.com/"),
    ],
)
def test_links_that_are_kept(url, kept):
    assert checked_link(url) == kept


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "URL host is empty"),
        ("http://", "URL host is empty"),
        ("http://.", "Host is invalid"),
        ("http://localhost:8080", "Wrong HTTP URL"),
        ("nowhere", "Wrong HTTP URL"),
        ("https://a b.com", "Disallowed character in URL host"),
        (" https://a.com", "Unsupported URL protocol"),
        ("https://a.com%zz", "Wrong percent-encoded symbol in URL host"),
        ("https://a<b@a.com", "Disallowed character in URL userinfo"),
        ("https://a.com:65536", "Wrong port number specified in the URL"),
        ("https://a.com:0", "Wrong port number specified in the URL"),
        ("https://a.com:", "Wrong port number specified in the URL"),
        ("https://a.com:x", "Wrong port number specified in the URL"),
        ("http://[::g]/", "Wrong IPv6 address specified in the URL"),
        ("ftp://example.com", "Unsupported URL protocol"),
        ("javascript:alert(1)", "Wrong port number specified in the URL"),
        ("tel:+4912345", "Wrong port number specified in the URL"),
        ("tel:112", "Wrong HTTP URL"),
        ("javascript://example.com/%0aalert(1)", "Unsupported URL protocol"),
        ("tg://a@b", "Wrong tg URL"),
        ("tg:http://resolve", "Wrong tg URL"),
        ("tg://a.b", "Unallowed characters in URL host"),
        ("ton://a:80", "Wrong ton URL"),
    ],
)
def test_links_that_are_refused(url, reason):
    with pytest.raises(LinkError) as caught:
        checked_link(url)
    assert str(caught.value) == reason


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

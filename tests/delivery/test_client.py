"""Calls over libcurl against real sockets: what left, what came back, and nothing sent twice."""

import itertools
import socket

import pytest

from appliance import config
from appliance.delivery.answers.classify import Kind, classify
from appliance.delivery.client import Client
from support.raw_server import (
    OK,
    RawServer,
    answering,
    closing_on_drop,
    collect,
    ends,
    hanging_up,
    saying,
    silent,
)


def test_calls_are_answered_and_connections_reused(serve):
    server, client = serve(answering)
    for burst in range(1, 4):
        for number in range(50):
            client.start(str(number), "sendMessage", b'{"chat_id":%d}' % number)

        answers = collect(client, 50)

        assert {classify(a).kind for a in answers.values()} == {Kind.SENT}
        assert len(server.bodies) == 50 * burst
        assert client.in_flight == 0
    assert set(server.used) <= set(range(50))


def test_what_is_in_flight_takes_room_until_it_is_answered(serve):
    _, client = serve(answering)
    for number in range(3):
        client.start(number, "sendMessage", b"x")
    assert (client.jobs, client.in_flight, client.room) == ([0, 1, 2], 3, client.connections - 3)

    collect(client, 3)

    assert (client.jobs, client.in_flight, client.room) == ([], 0, client.connections)


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_is_not_followed(status, serve):
    """Whoever it leads to would learn the token."""
    moved = b"HTTP/1.1 %d Moved\r\nLocation: /away\r\nContent-Length: 0\r\n\r\n" % status
    server, client = serve(saying(moved))
    client.start("only", "sendMessage", b"x")

    assert classify(collect(client, 1)["only"]).kind == Kind.PROXY
    assert server.bodies == [b"x"]


def test_a_wait_that_only_a_header_asks_for_is_heard(serve):
    """As a proxy answers that knows no Bot API."""
    many = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"
    _, client = serve(saying(many))
    client.start("only", "sendMessage", b"x")

    verdict = classify(collect(client, 1)["only"])

    assert (verdict.kind, verdict.retry_after) == (Kind.FLOOD, 7)


def test_a_connection_lost_after_the_request_is_unknown_and_never_sent_again(serve):
    """libcurl repeats a POST on a kept-alive connection that is lost, unless it cannot rewind."""
    server, client = serve(closing_on_drop)
    client.start("first", "sendMessage", b"one")
    collect(client, 1)
    client.start("second", "sendMessage", b"drop")

    answer = collect(client, 1)["second"]

    assert classify(answer).kind == Kind.UNKNOWN
    assert server.bodies.count(b"drop") == 1


def test_a_connection_lost_on_a_fresh_connection_is_unknown_too(serve):
    server, client = serve(closing_on_drop)
    client.start("only", "sendMessage", b"drop")

    assert classify(collect(client, 1)["only"]).kind == Kind.UNKNOWN
    assert server.bodies == [b"drop"]


def test_half_an_answer_is_unknown(serve):
    def half(connection, body):
        connection.sendall(OK[:60])
        return False

    _, client = serve(half)
    client.start("only", "sendMessage", b"x")

    assert classify(collect(client, 1)["only"]).kind == Kind.UNKNOWN


def test_a_server_that_never_answers_is_unknown(serve):
    server, client = serve(silent, timeout=0.3)
    client.start("only", "sendMessage", b"x")

    assert classify(collect(client, 1)["only"]).kind == Kind.UNKNOWN
    assert server.bodies == [b"x"]


def test_waiting_for_an_answer_is_no_busy_loop(serve):
    _, client = serve(silent, timeout=0.3)
    client.start("only", "sendMessage", b"x")
    turns = itertools.count()

    assert ends(lambda: any(client.poll(60) for _ in turns))  # not only after the 60 s
    assert next(turns) < 50


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_poll_that_must_not_wait_does_not(seconds, serve):
    _, client = serve(silent)

    assert ends(lambda: [client.poll(seconds) for _ in range(1000)])


@pytest.mark.parametrize(
    "proxy",
    [
        pytest.param(None, id="TLS is never established"),
        pytest.param(saying(b"HTTP/1.1 503 No\r\n\r\n"), id="the proxy refuses"),
        pytest.param(hanging_up, id="the proxy hangs up"),
        pytest.param(silent, id="the proxy says nothing"),
        pytest.param(saying(b"HTTP/1.1 200 OK\r\n\r\n"), id="nobody behind the proxy"),
    ],
)
def test_without_a_connection_to_telegram_nothing_left(proxy, serve, connect, monkeypatch):
    """So it is sent again; were it `unknown`, nobody would get it."""
    server, _ = serve(proxy or silent)
    monkeypatch.setenv("https_proxy", server.url)
    url = "https://telegram.invalid" if proxy else server.url.replace("http:", "https:")
    client = connect(url, timeout=0.3)
    client.start("only", "sendMessage", b"x")

    assert classify(collect(client, 1)["only"]).kind == Kind.OFFLINE
    assert b"x" not in server.bodies


def test_a_refused_connection_never_left(connect):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = connect(f"http://127.0.0.1:{port}")
    client.start("only", "sendMessage", b"x")

    verdict = classify(collect(client, 1)["only"])

    assert verdict.kind == Kind.OFFLINE
    assert "connect" in verdict.description  # what libcurl says, not its number


def test_calls_go_on_after_a_lost_connection_and_each_is_judged_by_itself(serve):
    """A socket's number and a handle are used again: nothing of the last call may stay."""
    server, client = serve(closing_on_drop)

    def kind(body):
        client.start(body, "sendMessage", body)
        return classify(collect(client, 1)[body]).kind

    for _ in range(3):
        assert kind(b"one") == Kind.SENT
        assert kind(b"drop") == Kind.UNKNOWN
    server.close()
    assert kind(b"one") == Kind.OFFLINE


def test_an_unknown_host_never_left(connect):
    client = connect("http://nobody.invalid")
    client.start("only", "sendMessage", b"x")

    assert classify(collect(client, 1, 30)["only"]).kind == Kind.OFFLINE


def test_a_long_body_arrives_whole(serve):
    server, client = serve(answering)
    body = bytes(range(256)) * 2000
    client.start("only", "sendMessage", body)

    assert classify(collect(client, 1)["only"]).kind == Kind.SENT
    assert server.bodies == [body]


def test_the_token_is_in_no_answer(serve):
    _, client = serve(hanging_up)
    client.start("only", "sendMessage", b"x")

    assert config.SANDBOX_TOKEN not in repr(collect(client, 1))


def test_wake_ends_a_wait(serve):
    _, client = serve(answering)
    client.wake()

    assert ends(lambda: client.poll(60))


def test_close_drops_what_is_in_flight():
    server = RawServer(silent)
    client = Client(server.url, config.SANDBOX_TOKEN)  # closed by the test
    client.start("only", "sendMessage", b"x")
    while not server.bodies:
        client.poll(0.1)

    client.close()

    assert server.left.wait(10)
    server.close()

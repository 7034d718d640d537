"""A Bot API over HTTP whose answers the test decides."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from support import network
from support.network import QuietHandler

UPDATE_KINDS = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "my_chat_member",
    "chat_member",
    "message_reaction",
    "message_reaction_count",
]
"""All kinds of updates that the simulator sends."""

Answer = Callable[[dict[str, Any]], tuple[int, dict[str, Any] | None]]
"""From the parameters of a call its status and document; None stands for a page of HTML."""


@contextmanager
def serving(answer: Answer, host: str = "127.0.0.1") -> Iterator[str]:
    """The address of the server, for as long as the block runs; `answer` is called by threads."""

    class Handler(QuietHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status, document = answer(json.loads(self.read_body()))
            content = json.dumps(document).encode() if document else b"<html>nginx</html>"
            self.answer(status, content)

    with network.serving(Handler, host) as url:
        yield url

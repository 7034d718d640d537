"""Files that people sent, fetched from the Bot API: getFile gives a path, then comes a download.

The addresses contain the bot's token, so nothing here logs one or puts one into an error; libcurl's
error texts contain none either.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import pycurl

from appliance.errors import NotFound, Unavailable, localized

MAX_BYTES = 20 * 1024 * 1024  # getFile's own limit
CONNECT_MS = 4_000
CALL_MS = 10_000
DOWNLOAD_MS = 60_000
_ANSWER_BYTES = 64 * 1024  # of an answer that is no file
_MEMORY_BYTES = 1024 * 1024  # what is larger goes to a temporary file without a name


@dataclass(frozen=True, slots=True)
class BotFiles:
    """The files of one bot. `api_url` is the server's address without the token."""

    api_url: str
    token: str = field(repr=False)
    ca: Path | None = None
    """Certificates that are trusted instead of the system's."""

    def open(self, file_id: str) -> IO[bytes]:
        """The file, positioned at its beginning; the caller closes it.

        Raises NotFound when Telegram does not have it (any more), Unavailable.
        """
        path = self.call("getFile", {"file_id": file_id}).get("file_path")
        # A Bot API server of one's own answers with a path on its disk, which is no address to
        # fetch.
        if not isinstance(path, str) or not path or path.startswith("/"):
            raise NotFound(localized("Telegram does not give out this file"))
        target: IO[bytes] = tempfile.SpooledTemporaryFile(_MEMORY_BYTES)  # noqa: SIM115 - handed out
        try:
            status = self._fetch(f"/file/bot{self.token}/{quote(path)}", target.write, MAX_BYTES)
            if status != 200:
                raise NotFound(localized("Telegram does not have this file any more"))
        except BaseException:
            target.close()
            raise
        target.seek(0)
        return target

    def call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The result of a call that changes nothing. Raises NotFound (refused), Unavailable."""
        chunks: list[bytes] = []
        body = json.dumps(params).encode()
        status = self._fetch(f"/bot{self.token}/{method}", chunks.append, _ANSWER_BYTES, body)
        try:
            answer = json.loads(b"".join(chunks))
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or status in {401, 404, 429} or status >= 500:
            raise _unavailable(f"HTTP {status}")
        if status != 200 or not isinstance(answer.get("result"), dict):
            raise NotFound(localized("Telegram does not have this file any more"))
        result: dict[str, Any] = answer["result"]
        return result

    def _fetch(
        self, path: str, write: Callable[[bytes], Any], limit: int, body: bytes | None = None
    ) -> int:
        """The status of an answer; its body goes to `write`. Raises Unavailable."""
        handle = pycurl.Curl()
        try:
            self._prepare(handle, path, body)
            handle.setopt(pycurl.WRITEFUNCTION, _bounded(write, limit))
            handle.perform()
            return int(handle.getinfo(pycurl.RESPONSE_CODE))
        except pycurl.error as error:
            code, *texts = error.args
            reason = str(texts[0]) if texts else f"transport error {code}"
        finally:
            handle.close()
        raise _unavailable("the file is over 20 MB" if code == pycurl.E_WRITE_ERROR else reason)

    def _prepare(self, handle: pycurl.Curl, path: str, body: bytes | None) -> None:
        for option, value in (
            (pycurl.URL, self.api_url + path),
            (pycurl.NOSIGNAL, 1),
            (pycurl.CONNECTTIMEOUT_MS, CONNECT_MS),
            (pycurl.TIMEOUT_MS, CALL_MS if body is not None else DOWNLOAD_MS),
            (pycurl.FOLLOWLOCATION, 0),  # elsewhere the address would leak the token
            (pycurl.NOPROXY, "127.0.0.1,localhost,::1"),
        ):
            handle.setopt(option, value)
        if body is not None:
            handle.setopt(pycurl.HTTPHEADER, ["Content-Type: application/json", "Expect:"])
            handle.setopt(pycurl.POSTFIELDS, body)
        if self.ca is not None:
            handle.setopt(pycurl.CAINFO, str(self.ca))


def _bounded(write: Callable[[bytes], Any], limit: int) -> Callable[[bytes], int]:
    """A write function for libcurl that ends the transfer after `limit` bytes."""
    received = 0

    def write_bounded(chunk: bytes) -> int:
        nonlocal received
        received += len(chunk)
        if received > limit:
            return -1  # other than the chunk's length: libcurl stops
        write(chunk)
        return len(chunk)

    return write_bounded


def _unavailable(reason: str) -> Unavailable:
    return Unavailable(
        localized("the file cannot be fetched from Telegram: {reason}", reason=reason)
    )

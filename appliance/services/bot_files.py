"""Files that people sent, fetched from the Bot API: getFile tells where, then a download.

The addresses hold the bot's token, so nothing here logs one or puts one into an error; libcurl's
own words do not either.
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

LIMIT = 20 * 1024 * 1024  # bytes; getFile's own limit
CONNECT_MS = 4_000
CALL_MS = 10_000
DOWNLOAD_MS = 60_000
_ANSWER = 64 * 1024  # bytes of an answer that is no file
_IN_MEMORY = 1024 * 1024  # bytes; what is larger goes to a file that has no name


@dataclass(frozen=True, slots=True)
class BotFiles:
    """The files of one bot. `api_url` is the server's address without the token."""

    api_url: str
    token: str = field(repr=False)
    ca: Path | None = None
    """Certificates that are trusted instead of the system's."""

    def open(self, file_id: str) -> IO[bytes]:
        """The file from its beginning; the caller closes it.

        Raises NotFound: Telegram does not have it, or no more. Raises Unavailable.
        """
        path = self.call("getFile", {"file_id": file_id}).get("file_path")
        if not isinstance(path, str) or not path or path.startswith("/"):
            raise NotFound(localized("Telegram does not give out this file"))
        target: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - handed out
        try:
            status = self._fetch(f"/file/bot{self.token}/{quote(path)}", target.write, LIMIT)
            if status != 200:
                raise NotFound(localized("Telegram does not have this file any more"))
        except BaseException:
            target.close()
            raise
        target.seek(0)
        return target

    def call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """A call that only asks, and its result. Raises NotFound (refused), Unavailable."""
        chunks: list[bytes] = []
        body = json.dumps(params).encode()
        status = self._fetch(f"/bot{self.token}/{method}", chunks.append, _ANSWER, body)
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
        """The status of an answer whose body went to `write`. Raises Unavailable."""
        handle = pycurl.Curl()
        try:
            self._prepare(handle, path, body)
            handle.setopt(pycurl.WRITEFUNCTION, _bounded(write, limit))
            handle.perform()
            return int(handle.getinfo(pycurl.RESPONSE_CODE))
        except pycurl.error as error:
            number, *words = error.args
            reason = str(words[0]) if words else f"transport error {number}"
        finally:
            handle.close()
        raise _unavailable("the file is over 20 MB" if number == pycurl.E_WRITE_ERROR else reason)

    def _prepare(self, handle: pycurl.Curl, path: str, body: bytes | None) -> None:
        for option, value in (
            (pycurl.URL, self.api_url + path),
            (pycurl.NOSIGNAL, 1),
            (pycurl.CONNECTTIMEOUT_MS, CONNECT_MS),
            (pycurl.TIMEOUT_MS, CALL_MS if body is not None else DOWNLOAD_MS),
            (pycurl.FOLLOWLOCATION, 0),  # the address holds the token
            (pycurl.NOPROXY, "127.0.0.1,localhost,::1"),
        ):
            handle.setopt(option, value)
        if body is not None:
            handle.setopt(pycurl.HTTPHEADER, ["Content-Type: application/json", "Expect:"])
            handle.setopt(pycurl.POSTFIELDS, body)
        if self.ca is not None:
            handle.setopt(pycurl.CAINFO, str(self.ca))


def _bounded(write: Callable[[bytes], Any], limit: int) -> Callable[[bytes], int]:
    """Passes on what comes, and ends the transfer when it is too much."""
    taken = 0

    def take(chunk: bytes) -> int:
        nonlocal taken
        taken += len(chunk)
        if taken > limit:
            return -1
        write(chunk)
        return len(chunk)

    return take


def _unavailable(reason: str) -> Unavailable:
    return Unavailable(
        localized("the file cannot be fetched from Telegram: {reason}", reason=reason)
    )

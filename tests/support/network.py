"""Ports, and HTTP servers for as long as a test needs them."""

import itertools
import os
import socket
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def free_port():
    """A port of the loopback interface that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class QuietHandler(BaseHTTPRequestHandler):
    """Logs nothing; `answer` sends a whole answer, so that connections may be kept."""

    def log_message(self, format, *words):
        pass

    def read_body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(server, host="127.0.0.1"):
    """Its address, for as long as the block runs; a class is the handler of a server made here."""
    if isinstance(server, type):
        server = ThreadingHTTPServer((host, 0), server)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Island:
    """A network namespace with one cable to this machine, which has two addresses there."""

    _numbers = itertools.count(1)

    def __init__(self):
        """Raises OSError or CalledProcessError where nobody may make one."""
        self.name = f"isle-{os.getpid()}-{next(self._numbers)}"
        self._near, self._far = (f"{end}{os.getpid() % 10_000_000}" for end in ("near", "far"))
        self.cuttable, self.lasting, own = "10.203.77.1", "10.203.77.2", "10.203.77.9"
        _ip("netns", "add", self.name)
        try:
            _ip("link", "add", self._near, "type", "veth", "peer", self._far, "netns", self.name)
            for address in (self.cuttable, self.lasting):
                _ip("address", "add", f"{address}/24", "dev", self._near)
            _ip("link", "set", self._near, "up")
            self._inside("address", "add", f"{own}/24", "dev", self._far)
            self._inside("link", "set", self._far, "up")
        except BaseException:
            self.close()
            raise

    @property
    def before(self):
        """What runs a program there."""
        return ["ip", "netns", "exec", self.name]

    def cut(self):
        """What is sent to `cuttable` goes nowhere, and nobody is told."""
        nobody = ("lladdr", "02:00:00:00:00:99", "nud", "permanent")
        self._inside("neighbour", "replace", self.cuttable, "dev", self._far, *nobody)

    def heal(self):
        self._inside("neighbour", "delete", self.cuttable, "dev", self._far)

    def close(self):
        _ip("netns", "delete", self.name)

    def _inside(self, *words):
        _ip("-netns", self.name, *words)


def _ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)

"""Telling systemd how it goes, by sd_notify(3): ready, alive, stopping."""

import socket

from appliance.config import notify_socket


class Systemd:
    """Sends to the socket systemd named; does nothing where there is none."""

    def __init__(self, address: str | None = None) -> None:
        self._address = address or notify_socket()

    def ready(self) -> None:
        self._send("READY=1")

    def alive(self) -> None:
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):
            address = "\0" + address[1:]  # the abstract namespace
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            try:
                sender.sendto(message.encode(), address)
            except OSError:
                return  # nobody listens, which is no reason to stop serving

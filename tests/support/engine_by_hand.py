"""An engine whose time passes only when a test says so, over real calls to a real server."""

import json
import time
from collections import Counter

from appliance.delivery.client import Client


class Clock:
    """Stands in for the engine's `time`. `sleep` seconds pass right after the next transaction."""

    def __init__(self):
        self.now, self.sleep = 1000.0, 0.0
        self._began = time.time() - self.now
        self._wall_is_asked = False

    def time(self):
        self._wall_is_asked = True
        return self._began + self.now

    def monotonic(self):
        now = self.now
        if not self._wall_is_asked:  # asked alone: a transaction has ended
            self.now, self.sleep = self.now + self.sleep, 0.0
        self._wall_is_asked = False
        return now


class HandClient(Client):
    """The real one; `waited` is how long each poll was to wait, and none does."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.waited = []
        self.passes = None  # the clock that moves on by what a poll without answers waited

    def poll(self, timeout):
        self.waited.append(timeout)
        ended = super().poll(0.01 if self.passes and self.in_flight else 0)
        if self.passes and not ended:
            self.passes.now += timeout
        return ended


class Hand:
    """The engine, its client, its server and the clock."""

    def __init__(self, engine, client, server, clock):
        self.engine, self.client, self.server, self.clock = engine, client, server, clock

    def turn(self, seconds=0.0):
        """One step, so many seconds after the last; how many calls are in flight then."""
        self.clock.now += seconds
        self.engine.step()
        return self.client.in_flight

    def answers(self):
        """Take all answers to what is in flight, without any time passing."""
        deadline = time.monotonic() + 10
        while self.client.in_flight and time.monotonic() < deadline:
            self.engine._collect(0)

    def wait(self):
        """How long the loop would wait now."""
        self.engine.step()
        return self.client.waited[-1]

    @property
    def chats(self):
        return Counter(json.loads(body)["chat_id"] for body in self.server.bodies)

"""A lock that the threads of one process get in the order in which they asked for it.

SQLite's own write lock is asked for again and again, after pauses of up to 100 ms, and whoever
writes much has taken it again meanwhile: while 5,000 updates were handled, storing a batch of them
took 300 ms. In turns it took 10. Other processes are kept out by SQLite's lock alone.
"""

import threading
from collections import deque


class FairLock:
    """A context manager; inside it nobody else of this process is, unless they lost patience."""

    def __init__(self, patience: float) -> None:
        """`patience` is in seconds; whoever waited for so long goes on without a turn."""
        self._patience = patience
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False
        self._mine = threading.local()  # how deep in its own turn a thread is

    def __enter__(self) -> None:
        depth = getattr(self._mine, "depth", 0)
        if depth == 0:
            self._mine.holds = self._wait()
        self._mine.depth = depth + 1

    def __exit__(self, *_: object) -> None:
        self._mine.depth -= 1
        if self._mine.depth == 0 and self._mine.holds:
            with self._guard:
                self._pass_on()

    def _wait(self) -> bool:
        """Whether it is our turn; False when it did not come in time."""
        turn = threading.Event()
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            self._waiting.append(turn)
        try:
            turn.wait(self._patience)
        except BaseException:  # a signal: nobody may wait for a turn that nobody takes
            self._give_up(turn)
            raise
        with self._guard:
            if not turn.is_set():
                self._waiting.remove(turn)
            return turn.is_set()

    def _give_up(self, turn: threading.Event) -> None:
        with self._guard:
            if turn.is_set():
                self._pass_on()
            else:
                self._waiting.remove(turn)

    def _pass_on(self) -> None:
        """To the first who waits; `_taken` stays, so that nobody slips in before they wake."""
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._taken = False

"""A lock that the threads of one process get in the order in which they asked for it.

SQLite has no queue for its write lock: whoever waits tries again after pauses of up to 100 ms, and
a thread that writes without a pause has always taken the lock again by then. While 5,000 updates
were handled, storing a batch of them took 300 ms that way and 10 ms in turns. Writers of other
processes are kept out by SQLite's lock alone.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class FairLock:
    """A context manager that lets one thread in at a time, first come, first served.

    A thread may enter again inside its own turn, as with `threading.RLock`.
    """

    def __init__(self, patience: float) -> None:
        """`patience`: seconds after which a thread that waits goes on without a turn.

        It then meets SQLite's own lock, which lets it in or says what is wrong: a thread that
        never ends its turn must not hold up the whole process for ever.
        """
        self._patience = patience
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._locked = False
        # `depth`: how often this thread has entered; `waited`: seconds, for the turn it is in
        self._mine = threading.local()

    def __repr__(self) -> str:
        """The state, as `threading`'s own locks show theirs."""
        with self._guard:
            state = "taken" if self._locked else "free"
            return f"<FairLock {state}, {len(self._waiting)} waiting>"

    @property
    def waited(self) -> float:
        """How many seconds this thread waited for the turn it is in; 0 outside of one."""
        return float(getattr(self._mine, "waited", 0.0))

    def __enter__(self) -> None:
        depth = getattr(self._mine, "depth", 0)
        if depth == 0:
            began = time.monotonic()
            self._mine.holds = self._wait()
            self._mine.waited = time.monotonic() - began
        self._mine.depth = depth + 1

    def __exit__(self, *_: object) -> None:
        self._mine.depth -= 1
        if self._mine.depth > 0:
            return
        self._mine.waited = 0.0
        if self._mine.holds:
            with self._guard:
                self._pass_on()

    @contextmanager
    def if_free(self) -> Iterator[bool]:
        """A turn if nobody else has one, without waiting; the value tells whether."""
        if getattr(self._mine, "depth", 0) == 0 and not self._take():
            yield False
            return
        self._mine.depth = getattr(self._mine, "depth", 0) + 1
        try:
            yield True
        finally:
            self.__exit__()

    def _take(self) -> bool:
        with self._guard:
            if self._locked:
                return False
            self._locked = self._mine.holds = True
            return True

    def _wait(self) -> bool:
        """Whether it is our turn; False when it did not come in time."""
        turn = threading.Event()
        with self._guard:
            if not self._locked:
                self._locked = True
                return True
            self._waiting.append(turn)
        try:
            turn.wait(self._patience)
        except BaseException:  # a signal came: our turn must not be kept from those behind us
            self._give_up(turn)
            raise
        with self._guard:
            # Asked under the guard: the turn may have come just after the wait had ended.
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
        """To the first who waits; `_locked` stays set, or a thread that runs already would get in
        before the one that has to wake up first."""
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._locked = False

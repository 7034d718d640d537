"""What may take long is done by one thread at a time, so that the few threads of the site are not
all inside it."""

import threading
import time

from appliance.errors import TryLater


class Gate:
    """A context manager that one thread may be inside of; not again from inside.

    Whoever comes meanwhile waits, until the one inside has been there for `patience` seconds; after
    that everybody is refused at once. So those who are quick follow each other, and where one hangs
    the others are free.
    """

    def __init__(self, patience: float, message: str) -> None:
        """`message`: what whoever is refused is told."""
        self._patience = patience
        self._message = message
        self._changed = threading.Condition()
        self._since: float | None = None  # when the one inside came in

    def __enter__(self) -> None:
        """Raises TryLater."""
        with self._changed:
            while self._since is not None:
                left = self._since + self._patience - time.monotonic()
                if left <= 0:
                    raise TryLater(self._message)
                self._changed.wait(left)
            self._since = time.monotonic()

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._since = None
            self._changed.notify()

"""Everything the simulator knows, in memory; changed by events only, so a journal can replay it."""

import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from appliance.errors import ConfigError
from appliance.sandbox.journal import Event, Journal
from appliance.sandbox.updates import Updates

_LASTING = frozenset({"message", "edit", "delete", "callback", "answer", "commands"})
"""Events that a compacted journal keeps as they are; of the others only the outcome counts."""
_WINDOW = 1.0


@dataclass(slots=True)
class Message:
    message_id: int
    from_bot: bool
    date: int
    text: str
    """The caption where there is media."""
    entities: list[dict[str, Any]]
    reply_markup: dict[str, Any] | None = None
    media: dict[str, Any] | None = None
    """{"photo": [sizes]}, {"document": {…}} or {"video": {…}} as the Bot API writes them."""
    extra: dict[str, Any] | None = None
    """Other fields of the Bot API's message."""
    silent: bool = False
    edit_date: int | None = None
    deleted: bool = False


@dataclass(slots=True)
class Person:
    id: int
    first_name: str
    last_name: str | None
    username: str | None
    language_code: str
    started: bool = False
    blocked: bool = False
    latency_ms: int = 0
    messages: dict[int, Message] = field(default_factory=dict)

    def last(self) -> Message | None:
        return next((m for m in reversed(self.messages.values()) if not m.deleted), None)


@dataclass(slots=True)
class Callback:
    id: str
    person: int
    data: str
    text: str | None = None
    show_alert: bool = False
    answered: bool = False


class Sent(NamedTuple):
    """A message accepted for delivery."""

    seq: int
    at: float
    method: str
    chat_id: int
    message_id: int
    text: str


class State:
    def __init__(self, journal: Journal | None = None) -> None:
        self.people: dict[int, Person] = {}
        self.record: list[Sent] = []
        self.callbacks: dict[str, Callback] = {}
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.webhook: dict[str, Any] | None = None
        self.updates = Updates()
        self.peak_per_second = 0
        # One count for all chats, as for a real bot's private chats.
        self._last_message_id = 0
        self._recent: deque[float] = deque()
        self._journal = journal

    def restore(self) -> None:
        """Replay the open journal and write it anew without what no longer matters.

        Raises ConfigError for a line that is no event of this version.
        """
        if self._journal is None:
            return
        for number, event in enumerate(self._journal.events(), start=1):
            try:
                if event["kind"] == "message":  # a broadcast's text is in memory once
                    event["message"]["text"] = sys.intern(event["message"]["text"])
                self._apply(event)
            except (KeyError, TypeError):
                place = f"{self._journal.path}: line {number}"
                raise ConfigError(f"{place} is no event that this version knows") from None
        self._journal.rewrite(self._compacted(self._journal.events()))

    def commit(self, kind: str, **event: Any) -> Any:
        """Change the state by an event and write it down. Returns what the event made."""
        event["kind"] = kind
        result = self._apply(event)
        if self._journal:
            self._journal.append(event)
        return result

    def next_message_id(self) -> int:
        return self._last_message_id + 1

    def add_update(self, kind: str, content: dict[str, Any]) -> None:
        """Queue an update, unless the bot did not ask for this kind."""
        if self.updates.wants(kind):
            update_id = self.updates.next_id
            self.commit("update", update={"update_id": update_id, kind: content})

    def person_by_name(self, username: str) -> Person | None:
        name = username.lower()
        return next((p for p in self.people.values() if (p.username or "").lower() == name), None)

    def _apply(self, event: Event) -> Any:
        return _APPLY[event["kind"]](self, event)

    def _person(self, event: Event) -> Person:
        fields = event["person"]
        person = self.people.get(fields["id"])
        if person is None:
            person = self.people[fields["id"]] = Person(**fields)
        for name, value in fields.items():
            setattr(person, name, value)
        return person

    def _message(self, event: Event) -> Message:
        message = Message(**event["message"])
        self.people[event["chat_id"]].messages[message.message_id] = message
        self._last_message_id = max(self._last_message_id, message.message_id)
        if message.from_bot:
            self._record(event, message)
        return message

    def _record(self, event: Event, message: Message) -> None:
        at = event["at"]
        place = (event["method"], event["chat_id"], message.message_id)
        self.record.append(Sent(len(self.record) + 1, at, *place, message.text))
        self._recent.append(at)
        while self._recent[0] <= at - _WINDOW:
            self._recent.popleft()
        self.peak_per_second = max(self.peak_per_second, len(self._recent))

    def _edit(self, event: Event) -> Message:
        message = self.people[event["chat_id"]].messages[event["message_id"]]
        for name, value in event["changes"].items():
            setattr(message, name, value)
        return message

    def _delete(self, event: Event) -> None:
        self.people[event["chat_id"]].messages[event["message_id"]].deleted = True

    def _update(self, event: Event) -> None:
        self.updates.add(event["update"])

    def _confirm(self, event: Event) -> None:
        self.updates.confirm(event["before"])
        self.updates.next_id = event.get("next_id", self.updates.next_id)

    def _allow(self, event: Event) -> None:
        self.updates.allowed = event["kinds"]

    def _callback(self, event: Event) -> Callback:
        callback = Callback(event["id"], event["person"], event["data"])
        self.callbacks[callback.id] = callback
        return callback

    def _answer(self, event: Event) -> None:
        callback = self.callbacks[event["id"]]
        callback.text, callback.show_alert = event["text"], event["show_alert"]
        callback.answered = True

    def _set_commands(self, event: Event) -> None:
        self.commands[event["scope"]] = event["commands"]

    def _set_webhook(self, event: Event) -> None:
        self.webhook = event["webhook"]

    def _compacted(self, events: Iterable[Event]) -> Iterator[Event]:
        for person in self.people.values():
            yield {"kind": "person", "person": person_fields(person)}
        yield from (event for event in events if event["kind"] in _LASTING)
        yield {"kind": "allow", "kinds": self.updates.allowed}
        yield {"kind": "webhook", "webhook": self.webhook}
        yield {"kind": "confirm", "before": 0, "next_id": self.updates.next_id}
        yield from ({"kind": "update", "update": update} for update in self.updates.pending)


_APPLY = {
    "person": State._person,
    "message": State._message,
    "edit": State._edit,
    "delete": State._delete,
    "update": State._update,
    "confirm": State._confirm,
    "allow": State._allow,
    "callback": State._callback,
    "answer": State._answer,
    "commands": State._set_commands,
    "webhook": State._set_webhook,
}


def person_fields(person: Person) -> dict[str, Any]:
    """What is stored of a person besides the messages."""
    return {
        "id": person.id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "username": person.username,
        "language_code": person.language_code,
        "started": person.started,
        "blocked": person.blocked,
        "latency_ms": person.latency_ms,
    }


def people_after(state: State, after: int, limit: int) -> list[Person]:
    """The next people by the order in which they came; `after` 0 begins."""
    people = iter(state.people.values())
    if after:
        for person in people:
            if person.id == after:
                break
    return list(islice(people, limit))


def now() -> int:
    return int(time.time())

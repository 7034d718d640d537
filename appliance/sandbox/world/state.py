"""Everything the simulator knows, in memory. Only events change it, so a journal can replay it."""

import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from appliance.errors import ConfigError
from appliance.sandbox.world.journal import Event, Journal
from appliance.sandbox.world.model import (
    Callback,
    Chat,
    ChatMessage,
    Group,
    Member,
    Person,
    Sent,
    Topic,
    group_fields,
    person_fields,
    topic_fields,
)
from appliance.sandbox.world.update_queue import Updates

_LASTING = frozenset({"message", "edit", "delete", "react", "pin", "callback", "answer"})
"""Events that a compacted journal keeps as they are; of the others only the outcome counts."""
_PEAK_WINDOW_SECONDS = 1.0


class State:
    def __init__(self, journal: Journal | None = None) -> None:
        self.people: dict[int, Person] = {}
        self.groups: dict[int, Group] = {}
        self.record: list[Sent] = []
        self.callbacks: dict[str, Callback] = {}
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.profile: dict[str, Any] = {}
        """What the bot's owner set: names, descriptions, menu buttons, privacy."""
        self.webhook: dict[str, Any] | None = None
        self.updates = Updates()
        self.peak_per_second = 0
        # A real bot has one count for all private chats and small groups together.
        self._last_message_id = 0
        self._recent: deque[float] = deque()
        self._journal = journal

    def restore(self) -> None:
        """Replay the open journal, then rewrite it without events that later ones replaced.

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
                raise ConfigError(
                    f"{self._journal.path}: unknown event in line {number}:"
                    " expected one that this version knows"
                ) from None
        # At the start only: while it runs an event is one short write, however long the journal is.
        self._journal.rewrite(self._compacted(self._journal.events()))

    def commit(self, kind: str, **event: Any) -> Any:
        """Change the state by an event and write it down. Returns what the event made."""
        event["kind"] = kind
        # Applied first: an event that cannot be is not in the journal, where each start would fail
        # on it.
        result = self._apply(event)
        if self._journal:
            self._journal.append(event)
        return result

    def next_message_id(self, chat: Chat | None = None) -> int:
        if isinstance(chat, Group) and chat.counts_alone:
            return chat.last_message_id + 1
        return self._last_message_id + 1

    def add_update(self, kind: str, content: dict[str, Any]) -> None:
        """Queue an update, unless the bot did not ask for this kind."""
        if self.updates.wants(kind):
            update_id = self.updates.next_id
            self.commit("update", update={"update_id": update_id, kind: content})

    def chat(self, chat_id: int) -> Chat | None:
        return self.people.get(chat_id) or self.groups.get(chat_id)

    def chat_by_name(self, username: str) -> Chat | None:
        name = username.lower()
        if not name:
            return None
        chats: tuple[Iterable[Chat], ...] = (self.groups.values(), self.people.values())
        return next((c for some in chats for c in some if (c.username or "").lower() == name), None)

    def _apply(self, event: Event) -> Any:
        return _APPLY[event["kind"]](self, event)

    def _chat(self, event: Event) -> Chat:
        chat_id = event["chat_id"]
        return self.people.get(chat_id) or self.groups[chat_id]

    def _person(self, event: Event) -> Person:
        fields = event["person"]
        person = self.people.get(fields["id"])
        if person is None:
            person = self.people[fields["id"]] = Person(**fields)
        for name, value in fields.items():
            # The same object: chats and tasks hold on to it, and its messages are in it.
            setattr(person, name, value)
        return person

    def _group(self, event: Event) -> Group:
        fields = event["group"]
        group = self.groups.get(fields["id"])
        if group is None:
            group = self.groups[fields["id"]] = Group(**fields)
        for name, value in fields.items():
            setattr(group, name, value)
        return group

    def _member(self, event: Event) -> Member:
        member = Member(event["status"], event["rights"])
        self.groups[event["chat_id"]].members[event["user"]] = member
        return member

    def _topic(self, event: Event) -> Topic:
        topic = Topic(**event["topic"])
        self.groups[event["chat_id"]].topics[topic.id] = topic
        return topic

    def _message(self, event: Event) -> ChatMessage:
        message = ChatMessage(**event["message"])
        chat = self._chat(event)
        chat.messages[message.message_id] = message
        if isinstance(chat, Group) and chat.counts_alone:
            chat.last_message_id = max(chat.last_message_id, message.message_id)
        else:
            self._last_message_id = max(self._last_message_id, message.message_id)
        if message.from_bot and "at" in event:
            self._record(event, message)
        return message

    def _record(self, event: Event, message: ChatMessage) -> None:
        at = event["at"]
        place = (event["method"], event["chat_id"], message.message_id)
        self.record.append(Sent(len(self.record) + 1, at, *place, message.text))
        self._recent.append(at)
        while self._recent[0] <= at - _PEAK_WINDOW_SECONDS:
            self._recent.popleft()
        self.peak_per_second = max(self.peak_per_second, len(self._recent))

    def _edit(self, event: Event) -> ChatMessage:
        message = self._chat(event).messages[event["message_id"]]
        for name, value in event["changes"].items():
            setattr(message, name, value)
        return message

    def _delete(self, event: Event) -> None:
        self._chat(event).messages[event["message_id"]].deleted = True

    def _react(self, event: Event) -> None:
        message = self._chat(event).messages[event["message_id"]]
        others = {who: it for who, it in (message.reactions or {}).items() if who != event["user"]}
        mine = {event["user"]: event["emoji"]} if event["emoji"] else {}
        message.reactions = {**others, **mine} or None

    def _pin(self, event: Event) -> None:
        """`message_id` None: all."""
        chat, message_id = self._chat(event), event["message_id"]
        if message_id is None:
            chat.pinned = ()
            return
        others = tuple(other for other in chat.pinned if other != message_id)
        chat.pinned = (*others, message_id) if event["on"] else others

    def _update(self, event: Event) -> None:
        self.updates.add(event["update"])

    def _confirm(self, event: Event) -> None:
        self.updates.confirm(event["before"])
        self.updates.next_id = event.get("next_id", self.updates.next_id)

    def _deliver(self, event: Event) -> None:
        self.updates.remove(event["update_id"])

    def _allow(self, event: Event) -> None:
        self.updates.allowed = event["kinds"]

    def _callback(self, event: Event) -> Callback:
        callback = Callback(event["id"], event["person"], event["data"], event.get("at", 0.0))
        self.callbacks[callback.id] = callback
        return callback

    def _answer(self, event: Event) -> None:
        callback = self.callbacks[event["id"]]
        callback.text, callback.show_alert = event["text"], event["show_alert"]
        callback.url = event.get("url")
        callback.answered = True

    def _set_commands(self, event: Event) -> None:
        self.commands[event["scope"]] = event["commands"]

    def _set_profile(self, event: Event) -> None:
        self.profile[event["name"]] = event["value"]

    def _set_webhook(self, event: Event) -> None:
        self.webhook = event["webhook"]

    def _compacted(self, events: Iterable[Event]) -> Iterator[Event]:
        for person in self.people.values():
            yield {"kind": "person", "person": person_fields(person)}
        for group in self.groups.values():
            yield from _group_events(group)
        for scope, commands in self.commands.items():
            yield {"kind": "commands", "scope": scope, "commands": commands}
        for name, value in self.profile.items():
            yield {"kind": "profile", "name": name, "value": value}
        yield from (event for event in events if event["kind"] in _LASTING)
        yield {"kind": "allow", "kinds": self.updates.allowed}
        yield {"kind": "webhook", "webhook": self.webhook}
        # Before the updates: without it ids would begin anew, and the bot takes a known id for a
        # repetition.
        yield {"kind": "confirm", "before": 0, "next_id": self.updates.next_id}
        yield from ({"kind": "update", "update": update} for update in self.updates.pending)


_APPLY = {
    "person": State._person,
    "group": State._group,
    "member": State._member,
    "topic": State._topic,
    "message": State._message,
    "edit": State._edit,
    "delete": State._delete,
    "react": State._react,
    "pin": State._pin,
    "update": State._update,
    "confirm": State._confirm,
    "delivered": State._deliver,
    "allow": State._allow,
    "callback": State._callback,
    "answer": State._answer,
    "commands": State._set_commands,
    "profile": State._set_profile,
    "webhook": State._set_webhook,
}


def _group_events(group: Group) -> Iterator[Event]:
    yield {"kind": "group", "group": group_fields(group)}
    for user, member in group.members.items():
        place = {"chat_id": group.id, "user": user}
        yield {"kind": "member", **place, "status": member.status, "rights": member.rights}
    for topic in group.topics.values():
        yield {"kind": "topic", "chat_id": group.id, "topic": topic_fields(topic)}


def people_after(state: State, after: int, limit: int) -> list[Person]:
    """The next people in the order in which they were made; `after` 0 is the beginning."""
    people = iter(state.people.values())
    if after:
        for person in people:
            if person.id == after:
                break
    return list(islice(people, limit))


def now() -> int:
    return int(time.time())

"""Who may what, and what is stored."""

import json

import pytest

from appliance.sandbox.world.model import (
    ChatMessage,
    Group,
    Member,
    Person,
    group_fields,
    person_fields,
)


def test_fields_go_through_json():
    person = Person(5, "Anna", None, None, "en")
    assert Person(**json.loads(json.dumps(person_fields(person)))) == person
    group = Group(-5, "group", "Club")
    assert Group(**json.loads(json.dumps(group_fields(group)))) == group


@pytest.mark.parametrize(
    ("status", "present", "pins", "promotes"),
    [
        ("creator", True, True, True),
        ("administrator", True, True, False),
        ("member", True, False, False),
        ("left", False, False, False),
        ("kicked", False, False, False),
    ],
)
def test_statuses(status, present, pins, promotes):
    group = Group(-5, "group", "Club", members={7: Member(status, ["can_pin_messages"])})
    assert group.is_present(7) is present
    assert group.allows(7, "can_pin_messages") is pins
    assert group.allows(7, "can_promote_members") is promotes
    assert group.status_of(8) == "left" and not group.allows(8, "can_pin_messages")


def test_the_last_is_not_a_deleted_one():
    first, second = [ChatMessage(number, True, 1, str(number), []) for number in (1, 2)]
    person = Person(5, "Anna", None, None, "en", messages={1: first, 2: second})
    second.deleted = True
    assert person.last() is first


def test_a_service_message_says_nothing():
    assert ChatMessage(1, True, 1, "", [], extra={"group_chat_created": True}).is_service
    assert not ChatMessage(1, True, 1, "", [], media={"dice": {}}).is_service

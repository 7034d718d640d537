"""The control API: people, the record, statistics, faults."""

import pytest


def test_one_person_with_what_is_given(api):
    given = {"first_name": "Анна", "last_name": "Орлова", "language_code": "ru"}
    status, person = api.try_control("POST", "/people", {**given, "username": "anna"})
    assert status == 201
    assert {name: person[name] for name in given} == given
    assert (person["started"], person["blocked"], person["messages"]) == (False, False, 0)
    assert person["last_text"] is None
    assert api.control("GET", f"/people/{person['id']}") == person


def test_a_crowd(api):
    wanted = {"count": 20, "blocked": 3, "slow": 2, "latency_ms": 500, "start": True}
    people = api.control("POST", "/people", wanted)["people"]
    assert len({person["id"] for person in people}) == 20
    assert all(person["started"] for person in people)
    assert sum(person["blocked"] for person in people) == 3
    assert sum(person["latency_ms"] == 500 for person in people) == 2
    assert not any(person["blocked"] and person["latency_ms"] for person in people)
    assert {person["language_code"] for person in people} == {"en", "ru"}
    assert any(person["id"] > 2**32 for person in people)
    updates = api.updates()
    assert sum("message" in update for update in updates) == 20
    assert sum("my_chat_member" in update for update in updates) == 3


def test_a_crowd_that_has_not_started(api):
    people = api.control("POST", "/people", {"count": 5, "blocked": 1})["people"]
    assert sorted((person["started"], person["blocked"]) for person in people) == [
        *[(False, False)] * 4,
        (True, True),
    ]


def test_the_same_seed_makes_the_same_people(make_api):
    wanted = {"count": 5, "blocked": 1, "seed": 7}
    first, second = [make_api().control("POST", "/people", wanted) for _ in range(2)]
    assert first == second


def test_people_are_paged(api):
    made = api.control("POST", "/people", {"count": 5})["people"]
    first = api.control("GET", "/people?limit=3")
    assert (first["people"], first["total"]) == (made[:3], 5)
    rest = api.control("GET", f"/people?limit=3&after={made[2]['id']}")
    assert rest["people"] == made[3:]


def test_messages_after_one(api):
    person = api.person()
    first = api.call("sendMessage", chat_id=person, text="a")["message_id"]
    api.call("sendMessage", chat_id=person, text="b")
    shown = api.control("GET", f"/people/{person}/messages?after={first}")["messages"]
    assert [message["text"] for message in shown] == ["b"]


def test_the_record_is_what_was_accepted(api):
    person = api.person()
    sent = [api.call("sendMessage", chat_id=person, text=str(n))["message_id"] for n in range(5)]
    api.refused("sendMessage", chat_id=1, text="x")
    first = api.control("GET", "/record?limit=3")
    assert [entry["message_id"] for entry in first["record"]] == sent[:3]
    assert first["next"] == 3
    rest = api.control("GET", f"/record?after={first['next']}")
    assert [entry["text"] for entry in rest["record"]] == ["3", "4"]
    assert rest["next"] is None
    entry = rest["record"][-1]
    assert (entry["seq"], entry["method"], entry["chat_id"]) == (5, "sendMessage", person)


def test_stats(api):
    person = api.person()
    for _ in range(3):
        api.call("sendMessage", chat_id=person, text="x")
    api.refused("sendMessage", chat_id=1, text="x")
    stats = api.control("GET", "/stats")
    assert stats["calls"]["sendMessage"] == 4
    assert stats["errors"] == {"400": 1}
    assert stats["peak_per_second"] == 3


def test_faults_are_listed_and_taken_away(api):
    status, first = api.try_control("POST", "/faults", {"kind": "429", "retry_after": 5})
    assert (status, first["kind"], first["retry_after"], first["count"]) == (201, "429", 5, None)
    second = api.control("POST", "/faults", {"kind": "latency", "seconds": 0.5})
    assert api.control("GET", "/faults")["faults"] == [first, second]
    assert api.try_control("DELETE", f"/faults/{first['id']}") == (204, None)
    assert api.try_control("DELETE", f"/faults/{first['id']}")[0] == 404
    assert api.try_control("DELETE", "/faults") == (204, None)
    assert api.control("GET", "/faults")["faults"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "/people/5", None, 404, "there is no simulated person 5"),
        ("POST", "/people/5/start", {}, 404, "there is no simulated person 5"),
        ("GET", "/people?limit=x", None, 400, "invalid limit 'x': expected a whole number from 0"),
        ("POST", "/people", {"cuont": 5}, 400, "unknown cuont: expected one of"),
        ("POST", "/faults", {"kind": "503"}, 400, "invalid kind '503': expected one of 429, 403"),
    ],
)
def test_errors_are_json(api, method, path, body, status, error):
    got, document = api.try_control(method, path, body)
    assert got == status
    assert document["error"].startswith(error)

"""Bodies and queries over HTTP; tests/sandbox/control/test_requests.py has the words of faults."""


def test_an_empty_body_is_an_empty_object(api):
    person = api.person(started=False)
    status, answer, _ = api.request("POST", f"/sandbox/people/{person}/start")
    assert (status, b'"started":true' in answer) == (200, True)


def test_a_form_cannot_pose_as_json(api):
    """A browser sends forms to any address without asking; JSON it does not."""
    status, answer, _ = api.request(
        "POST", "/sandbox/people", b'{"count":1}', Content_Type="text/plain"
    )
    assert status == 400
    assert b"application/json" in answer


def test_unknown_parameters_of_an_address(api):
    status, document = api.try_control("GET", "/people?limmit=5")
    assert (status, document["error"]) == (400, "unknown limmit: expected one of after, limit")


def test_what_nobody_set_stays_out(api):
    """As in the Bot API, whose objects have dozens of fields that are seldom there."""
    person = api.person()
    api.act(person, "send", text="/help")
    [entity] = api.messages(person)[-1]["entities"]
    assert entity == {"type": "bot_command", "offset": 0, "length": 5}
    assert api.control("GET", "/flood") == {"enabled": False, "refused": 0, "waits": {}}

"""One tree of errors, one table of exit codes, one line on stderr."""

import os
import signal

import pytest

from appliance import errors
from appliance.cli import exits
from appliance.errors import Fault, Invalid


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Invalid("x"), 2),
        (errors.NothingToDo("x"), 4),
        (errors.TryLater("x"), 75),
        (errors.ConfigError("x"), 1),
        (errors.SchemaError("x"), 1),
        (errors.NotFound("x"), 2),
        (errors.Conflict("x"), 1),
        (errors.EmailTaken("x"), 1),
        (errors.BadToken("x"), 1),
        (errors.Unavailable("x"), 1),
    ],
)
def test_codes(error, code, capsys):
    assert exits.exit_code(error) == code
    with pytest.raises(SystemExit) as caught, exits.exit_clearly():
        raise error
    assert caught.value.code == code
    assert capsys.readouterr() == ("", "appliance: x\n")


def test_every_error_has_a_code():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    for kind in kinds:
        if issubclass(kind, errors.ApplianceError) and kind is not errors.TooManyRequests:
            assert exits.exit_code(kind("x")) in {1, 2, 4, 75}


def test_each_fault_has_its_line(capsys):
    faults = (Fault("text", "x", 3, 2, 1), Fault("key", "too long"))
    with pytest.raises(SystemExit), exits.exit_clearly():
        raise Invalid("x", faults)
    assert capsys.readouterr().err.splitlines() == [
        "appliance: line 2, column 1: x",
        "  key: too long",
    ]


def test_what_was_said_is_not_said_twice(capsys):
    with pytest.raises(SystemExit), exits.exit_clearly():
        raise Invalid("too long", (Fault("key", "too long"),))
    assert capsys.readouterr().err == "appliance: too long\n"


def test_a_mistake_of_ours_is_not_hidden():
    with pytest.raises(ZeroDivisionError), exits.exit_clearly():
        raise ZeroDivisionError


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_sets_the_event_and_the_handlers_come_back(number, code):
    before = signal.getsignal(number)
    with exits.asked_to_stop() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.wait(5)
        assert stop.exit_code == code
    assert signal.getsignal(number) == before

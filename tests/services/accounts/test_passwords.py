"""Which passwords are taken, and how they are kept."""

import statistics
import time

import pytest
from argon2 import PasswordHasher

from appliance.errors import Invalid
from appliance.services.accounts.passwords import (
    check_password,
    hash_password,
    needs_rehash,
    validate_password,
)


@pytest.mark.parametrize("password", ["x" * 10, "x" * 200, "пароль на русском", "          "])
def test_long_enough(password):
    validate_password(password)


@pytest.mark.parametrize("password", ["", "x" * 9, "x" * 201])
def test_too_short_or_too_long(password):
    with pytest.raises(Invalid) as caught:
        validate_password(password, "new_password")
    assert caught.value.faults[0].field == "new_password"


def test_a_hash_tells_right_from_wrong():
    kept = hash_password("correct horse")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password(kept, "correct horse")
    assert not check_password(kept, "Correct horse")
    assert hash_password("correct horse") != kept


@pytest.mark.parametrize("broken", [None, "", "!", "$argon2id$nonsense"])
def test_without_a_hash_nothing_is_right(broken):
    assert not check_password(broken, "correct horse")


def test_old_parameters_are_noticed():
    assert not needs_rehash(hash_password("x"))
    assert needs_rehash(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))


@pytest.mark.slow
def test_an_unknown_account_takes_as_long_as_a_wrong_password():
    kept = hash_password("correct horse")

    def cost(known):
        runs = []
        for _ in range(7):
            began = time.thread_time()
            check_password(known, "wrong")
            runs.append(time.thread_time() - began)
        return statistics.median(runs)

    assert 0.5 < cost(None) / cost(kept) < 2

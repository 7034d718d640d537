"""Simulated people look like people."""

import random
import re

from appliance.sandbox.people.names import make_person, transliterate
from appliance.sandbox.world.model import Person


def crowd(seed: int, count: int = 300) -> list[Person]:
    dice, people = random.Random(seed), {}
    for _ in range(count):
        person = make_person(dice, people)
        people[person.id] = person
    return list(people.values())


def test_the_same_seed_gives_the_same_people():
    assert crowd(1) == crowd(1) != crowd(2)


def test_names_fit_the_language():
    for person in crowd(1):
        russian = bool(re.search("[а-яё]", person.first_name))
        assert russian == (person.language_code == "ru")
        assert person.last_name is None or bool(re.search("[а-яё]", person.last_name)) == russian


def test_women_have_womens_names():
    endings = {p.last_name[-1] for p in crowd(1) if p.first_name == "Анна" and p.last_name}
    assert endings == {"а"}


def test_some_ids_need_more_than_32_bits():
    big = sum(person.id > 2**32 for person in crowd(1))
    assert 100 < big < 200


def test_usernames_are_possible_ones():
    names = [person.username for person in crowd(1) if person.username]
    assert 100 < len(names) < 250
    assert all(re.fullmatch("[a-z][a-z0-9_]{4,31}", name) for name in names)


def test_what_is_given_stays():
    person = make_person(random.Random(1), (), first_name="Ёж", language_code="ru")
    assert (person.first_name, person.last_name, person.language_code) == ("Ёж", None, "ru")


def test_transliteration():
    assert transliterate("Щукин Юрий") == "schukinyuriy"
    assert transliterate("5") == "user5"

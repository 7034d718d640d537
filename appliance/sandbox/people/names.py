"""Plausible English and Russian people who do not exist."""

import random
from collections.abc import Container

from appliance.sandbox.world.model import Person


def _words(text: str) -> list[str]:
    return text.split()


_ENGLISH = _words(
    "Alice Amelia Arthur Charlotte Daniel Emily Ethan Florence George Grace Hannah Harry Henry"
    " Isla Jack James Leo Lily Lucy Mary Mia Noah Olivia Oscar Poppy Ruby Samuel Sophie Thomas"
    " William"
)
_ENGLISH_LAST = _words(
    "Adams Baker Bennett Brown Carter Clarke Collins Cooper Davies Evans Foster Green Hall Harris"
    " Hughes Jackson King Lewis Miller Moore Morgan Parker Roberts Shaw Smith Taylor Turner Walker"
    " Ward Wright"
)
_RUSSIAN = _words(
    "Александр Алексей Андрей Артём Борис Дмитрий Иван Илья Кирилл Максим Михаил Никита Олег Павел"
    " Сергей Анна Вера Дарья Екатерина Елена Ирина Мария Надежда Наталья Ольга Полина София Татьяна"
    " Юлия Яна"
)
_RUSSIAN_WOMEN = 15
"""From this place on the first names are women's, whose last names end in `а`."""
_RUSSIAN_LAST = _words(
    "Андреев Белов Васильев Виноградов Волков Воробьёв Голубев Егоров Зайцев Иванов Киселёв Козлов"
    " Крылов Кузнецов Лебедев Макаров Морозов Николаев Новиков Орлов Павлов Петров Попов Семёнов"
    " Сидоров Смирнов Соколов Соловьёв Степанов Фёдоров"
)
_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        _words("a b v g d e e zh z i y k l m n o p r s t u f h c ch sh sch - y - e yu ya"),
        strict=True,
    )
)
_OLD_IDS = (100_000_000, 2_147_483_647)
_NEW_IDS = (5_000_000_000, 8_500_000_000)
"""Beyond 2**32, as everybody's who joined since 2021."""


def make_person(dice: random.Random, used_ids: Container[int], **details: str | None) -> Person:
    """Somebody new. What `details` say stays; the rest is drawn: the same from the same seed."""
    language = details.get("language_code") or dice.choice(("en", "ru"))
    first_name, last_name = _name(dice, language)
    first_name = details.get("first_name") or first_name
    if details.get("first_name") or dice.random() < 0.15:
        last_name = ""
    person_id = _free_id(dice, used_ids)
    drawn = f"{transliterate(first_name)}_{person_id % 100_000}" if dice.random() < 0.6 else None
    return Person(
        id=person_id,
        first_name=first_name,
        last_name=details.get("last_name") or last_name or None,
        username=details.get("username") or drawn,
        language_code=language,
    )


def transliterate(name: str) -> str:
    """In letters that a username may have."""
    latin = "".join(_LATIN.get(letter, letter) for letter in name.lower())
    ascii_letters = "".join(letter for letter in latin if letter.isascii() and letter.isalnum())
    return ascii_letters if ascii_letters[:1].isalpha() else f"user{ascii_letters}"


def _name(dice: random.Random, language: str) -> tuple[str, str]:
    if language != "ru":
        return dice.choice(_ENGLISH), dice.choice(_ENGLISH_LAST)
    place = dice.randrange(len(_RUSSIAN))
    return _RUSSIAN[place], dice.choice(_RUSSIAN_LAST) + ("а" if place >= _RUSSIAN_WOMEN else "")


def _free_id(dice: random.Random, used_ids: Container[int]) -> int:
    while True:
        candidate = dice.randint(*dice.choice((_OLD_IDS, _NEW_IDS)))
        if candidate not in used_ids:
            return candidate

"""The short code: easy to type, hard to mistake for anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.services.telegram_auth import codes as telegram_auth_codes
from appliance.services.telegram_auth.codes import ALPHABET


def test_codes_are_new_and_readable():
    codes = {telegram_auth_codes.new() for _ in range(500)}
    assert len(codes) == 500
    for code in codes:
        assert len(code) == 8 and set(code) <= set(ALPHABET)
        assert telegram_auth_codes.read(telegram_auth_codes.written(code)) == code


def test_no_letter_looks_like_another():
    assert not set(ALPHABET) & set("0O1IL")
    assert len(ALPHABET) == 31


@pytest.mark.parametrize(
    "text",
    [
        "ABCD-2345",
        "abcd-2345",
        "ABCD2345",
        " abcd 2345 ",
        "AbCd–2345",  # a phone makes a dash of it
        "abcd—2345\n",
        "АВCD-2345",  # А and В are Cyrillic
        "авcd2345",
        "ABCD-2345".rjust(40),
    ],
)
def test_as_people_type_it(text):
    assert telegram_auth_codes.read(text) == "ABCD2345"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ABCD-234",
        "ABCD-23456",
        "ABCD--2345",
        "A-BCD2345",
        "ABCO-2345",  # O is not in it
        "code ABCD-2345",
        "spending",  # a word
        "23456789",  # a number
        "2345-6789",
        "привет22",
        "ABCD\n\n2345",
        "A" * 100_000,
        "ABCD-2345".rjust(41),
        "\ud800BCD2345",
        "ＡＢＣＤ-2345",
    ],
)
def test_what_is_no_code(text):
    assert telegram_auth_codes.read(text) is None


_LOOK_ALIKE = dict(zip("ABEKMHPCTYX", "АВЕКМНРСТУХ", strict=True))


@st.composite
def typed(draw: st.DrawFn) -> tuple[str, str]:
    """A code, and as somebody may type it: with dashes, in any case, on a Russian keyboard."""
    letters = draw(st.lists(st.sampled_from(ALPHABET), min_size=7, max_size=7))
    code = "".join(draw(st.permutations([*letters, draw(st.sampled_from("2345678"))])))
    hands = [draw(st.sampled_from([c, c.lower(), _LOOK_ALIKE.get(c, c)])) for c in code]
    dash = draw(st.sampled_from(["", "-", " ", "\u2013", "\u2014"]))
    return code, f"{''.join(hands[:4])}{dash}{''.join(hands[4:])}"


@given(typed())
def test_however_it_is_typed_it_is_read_and_found(pair):
    code, text = pair
    is_one = any(letter.isalpha() for letter in code)  # a number alone is none
    assert telegram_auth_codes.read(text) == (code if is_one else None)
    assert (code in telegram_auth_codes.find(f"My code: {text}, it says.")) is is_one


@given(st.text(alphabet=f"{ALPHABET}abcАВ -\u20130O1", max_size=12))
def test_whatever_is_read_is_a_code_and_is_found(text):
    code = telegram_auth_codes.read(text)
    if code is not None:
        assert len(code) == 8 and set(code) <= set(ALPHABET)
        assert code in telegram_auth_codes.find(text)


def test_it_is_not_the_code_of_a_deep_link():
    """Whoever could try it in /start CODE would not be counted."""
    from appliance.services.telegram_auth import hashed

    assert telegram_auth_codes.hashed("ABCD2345") != hashed("ABCD2345")


@pytest.mark.parametrize(
    "text",
    [
        "My code is abcd-2345, what now?",
        "code:ABCD2345!",
        "cafe ABCD\u20132345 cafe 2345",
        "**ABCD** - **2345**",
        "ABCD\n2345",
        "кодABCD-2345й",
    ],
)
def test_found_in_a_longer_text(text):
    assert "ABCD2345" in telegram_auth_codes.find(text)


def test_words_and_numbers_are_not_found():
    text = "It was 1987; 2345-6789; order ABCD-23456 or XABCD2345. Привет, 2026!"
    assert list(telegram_auth_codes.find(text)) == []

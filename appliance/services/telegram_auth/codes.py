"""The short code that is typed to the bot, such as ABCD-2345: how it is made, read and stored.

Eight of 31 letters and digits are 40 bits. A chat may be wrong five times in 15 minutes: with 1,000
codes open, 1,000 chats that never stop guessing hit one in about 42,000 hours. Whoever reads the
table can find a code of 40 bits by its hash, if they manage within the 15 minutes it is good for.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 O, 1 I L
LENGTH = 8

_TYPED = re.compile(rf"([{ALPHABET}]{{4}})[ \-\u2010-\u2015]?([{ALPHABET}]{{4}})")
# In a longer text. Matches may overlap: a word that looks like half a code may stand before one.
_SOMEWHERE = re.compile(
    rf"(?<![A-Z0-9])(?=([{ALPHABET}]{{4}})[^A-Z0-9]{{0,8}}([{ALPHABET}]{{4}})(?![A-Z0-9]))"
)
# Letters of a Russian keyboard that look like Latin ones.
_LOOK_ALIKE = str.maketrans("АВЕКМНРСТУХ", "ABEKMHPCTYX")


def new() -> str:
    """A new code. It has a letter and a digit, so that no word and no number looks like one."""
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if _mixed(code):
            return code


def written(code: str) -> str:
    """The code as people see it: `ABCD-2345`."""
    return f"{code[:4]}-{code[4:]}"


def read(text: str) -> str | None:
    """The code that a text consists of, in any case, with or without the dash; None: no code."""
    # Every private message comes through here; a code takes nine characters, spaces are forgiven.
    if len(text) > 40:
        return None
    match = _TYPED.fullmatch(text.strip().upper().translate(_LOOK_ALIKE))
    code = match[1] + match[2] if match else ""
    return code if _mixed(code) else None


def find(text: str) -> Iterator[str]:
    """Everything in a text that could be read as a code, whole words only."""
    for match in _SOMEWHERE.finditer(text.upper().translate(_LOOK_ALIKE)):
        code = match[1] + match[2]
        if _mixed(code):
            yield code


def hashed(code: str) -> bytes:
    """The hash that is stored: another one than that of a deep link's code of the same letters."""
    return hashlib.sha256(f"typed:{code}".encode()).digest()


def _mixed(code: str) -> bool:
    return any(c.isdigit() for c in code) and any(c.isalpha() for c in code)

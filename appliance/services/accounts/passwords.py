"""Passwords: which are accepted, how they are hashed (argon2id) and compared."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from appliance.errors import Invalid, localized

MIN_LENGTH = 10  # characters
MAX_LENGTH = 200  # characters; bounds the work of hashing what a stranger sends

# OWASP's smallest argon2id setting: 24 ms and 19 MB a check, so four at once fit a small VPS.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def validate_password(password: str, field: str = "password") -> None:
    """Raises Invalid for a password that is too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        message = localized(
            "the password must have {shortest} to {longest} characters",
            shortest=MIN_LENGTH,
            longest=MAX_LENGTH,
        )
        raise Invalid.at(field, message)


def hash_password(password: str) -> str:
    """24 ms: never inside a writing transaction."""
    return _HASHER.hash(password)


def check_password(password_hash: str | None, password: str) -> bool:
    """Whether it is the password. Without a hash it takes as long, and returns False."""
    if password_hash is None:
        _HASHER.hash(password)  # the same work: the time must not tell whether there is an account
        return False
    try:
        # InvalidHashError as well: a hash that cannot be read lets nobody in and breaks nothing.
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(password_hash: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)

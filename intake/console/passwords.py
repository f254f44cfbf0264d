"""Passwords: argon2id (RFC 9106), and the same work whether there is an account or not."""

import unicodedata

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from intake.errors import CallRefused

#: NIST SP 800-63B: length counts, rules of composition do not
SHORTEST, LONGEST = 12, 256

# RFC 9106 section 4, second recommended option: 64 MiB, three passes, four lanes.
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4, hash_len=32, salt_len=16, type=Type.ID)
# A hash of nobody's password, made with the parameters above.
_NOBODYS = _HASHER.hash("nobody's")


def hashed(password: str) -> str:
    """Hash a password."""
    return _HASHER.hash(_normal(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Say whether `password` is the one; without a hash it does the same work and says no."""
    try:
        _HASHER.verify(password_hash or _NOBODYS, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Say whether the parameters have changed since it was made."""
    return _HASHER.check_needs_rehash(password_hash)


def prove_sound(password: str, name: str) -> None:
    """Refuse a new password that is short, overlong, the account's name, or one character over and over."""
    normal = _normal(password)
    if len(normal) < SHORTEST:
        raise CallRefused(
            f"the password is shorter than {SHORTEST} characters: take some words, with spaces if you like"
        )
    if len(normal) > LONGEST:
        raise CallRefused(f"the password is longer than {LONGEST} characters")
    if name.casefold() in normal.casefold() and len(normal) < len(name) + SHORTEST:
        raise CallRefused("the password is little more than the account's name")
    if len(set(normal.casefold())) < 4:
        raise CallRefused("the password is the same few characters over and over")


def _normal(password: str) -> str:
    # The same password typed on another keyboard can arrive in another Unicode form (RFC 8265).
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace").decode()

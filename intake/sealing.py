"""Sealing: everything taken from a message or sent is compressed, then encrypted under a key of its own.

AES-256-GCM (NIST SP 800-38D). Each message has a random 256-bit data key, wrapped by the master key; destroying the
wrapped key erases the message and leaves its row as proof that it was there. Addresses in messages are found by a
keyed hash (HMAC-SHA-256), never stored in clear.
"""

import base64
import binascii
import hmac
import os
import secrets
import stat
import zlib
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from intake.errors import KeyRefused

KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class DataKey:
    """One message's key: `wrapped` is stored beside what it seals."""

    wrapped: bytes
    _cipher: AESGCM = field(repr=False)

    def seal(self, content: bytes, place: str) -> bytes:
        """Compress and encrypt `content`; `place` (table, row, column) is authenticated, so rows cannot be swapped."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, zlib.compress(content, 1), place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Give back what `seal` was given. Raises `KeyRefused` if it was altered or moved."""
        try:
            return zlib.decompress(self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode()))
        except InvalidTag as error:
            raise KeyRefused(
                f"sealed text in {place.split('/', 1)[0]} does not open: altered, moved or another key"
            ) from error


class Vault:
    """The master key at work: makes and opens data keys, and hashes addresses. Never leaves memory."""

    def __init__(self, master_key: bytes) -> None:
        """Take 32 random bytes (`read_key`)."""
        self._wrapping = AESGCM(_derived(master_key, b"wellbeing-intake data key wrapping v1"))
        self._hashing = _derived(master_key, b"wellbeing-intake address hash v1")
        self._signing = _derived(master_key, b"wellbeing-intake message tokens v1")

    def new_key(self) -> DataKey:
        """Make a fresh data key for one message."""
        key, nonce = secrets.token_bytes(KEY_BYTES), os.urandom(_NONCE_BYTES)
        return DataKey(nonce + self._wrapping.encrypt(nonce, key, None), AESGCM(key))

    def open_key(self, wrapped: bytes) -> DataKey:
        """Unwrap a stored data key. Raises `KeyRefused` where another master key wrapped it."""
        try:
            key = self._wrapping.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], None)
        except InvalidTag as error:
            raise KeyRefused(
                "the key file does not open this database: put the right one at encryption.key_file"
            ) from error
        return DataKey(wrapped, AESGCM(key))

    def address_hash(self, address: str) -> bytes:
        """Hash an e-mail address for look-up, case and surrounding space aside: 32 bytes."""
        return hmac.digest(self._hashing, address.strip().casefold().encode(), "sha256")

    def token(self, *parts: str) -> str:
        """Sign `parts` into 26 characters of base32 (130 bits), the same each time, unguessable without the key."""
        digest = hmac.digest(self._signing, "\x00".join(parts).encode(), "sha256")
        return base64.b32encode(digest)[:26].decode().lower()


def _derived(master_key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(master_key)


def content_hash(content: bytes) -> bytes:
    """SHA-256 of the raw bytes: recognises the same message in a new UIDVALIDITY epoch."""
    return sha256(content).digest()


def read_key(path: Path) -> bytes:
    """Read the master key. Raises `KeyRefused` where it is missing, short or readable by others."""
    remedy = f"make one with `wellbeing-intake keys new {path}`"
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="ascii")
    except FileNotFoundError as error:
        raise KeyRefused(f"encryption.key_file: {path} is not there; {remedy}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise KeyRefused(f"encryption.key_file: {path} cannot be read; {remedy}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyRefused(f"encryption.key_file: {path} can be read by others; `chmod 600 {path}`, or {remedy}")
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyRefused(f"encryption.key_file: {path} is not base64; {remedy}") from error
    if len(key) != KEY_BYTES:
        raise KeyRefused(f"encryption.key_file: {path} holds {len(key)} bytes, not {KEY_BYTES}; {remedy}")
    return key


def write_new_key(path: Path) -> None:
    """Write a fresh master key, readable by its owner alone. Never overwrites: raises `KeyRefused`."""
    text = base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyRefused(f"{path} is there already; a key is never overwritten: it opens what it sealed") from error
    except OSError as error:
        raise KeyRefused(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(handle, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())

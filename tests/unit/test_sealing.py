"""Sealing: nothing is readable without the key, and nothing can be swapped or altered."""

import base64
from pathlib import Path

import pytest

from intake.errors import KeyRefused
from intake.sealing import Vault, read_key, write_new_key


def test_what_was_sealed_comes_back_and_is_not_readable_in_between(vault: Vault) -> None:
    key = vault.new_key()
    sealed = key.seal(b"please stop sharing " * 50, "arrivals/a-1/content")
    assert b"please" not in sealed
    assert vault.open_key(key.wrapped).open(sealed, "arrivals/a-1/content") == b"please stop sharing " * 50


def test_sealed_text_moved_to_another_row_does_not_open(vault: Vault) -> None:
    key = vault.new_key()
    sealed = key.seal(b"words", "arrivals/a-1/content")
    with pytest.raises(KeyRefused, match="arrivals"):
        key.open(sealed, "arrivals/a-2/content")


def test_altered_sealed_text_does_not_open(vault: Vault) -> None:
    key = vault.new_key()
    sealed = bytearray(key.seal(b"words", "p"))
    sealed[-1] ^= 1
    with pytest.raises(KeyRefused):
        key.open(bytes(sealed), "p")


def test_another_master_key_opens_nothing(vault: Vault) -> None:
    key = vault.new_key()
    with pytest.raises(KeyRefused, match=r"encryption\.key_file"):
        Vault(b"\x01" * 32).open_key(key.wrapped)


def test_each_message_has_its_own_key(vault: Vault) -> None:
    one, other = vault.new_key(), vault.new_key()
    with pytest.raises(KeyRefused):
        other.open(one.seal(b"words", "p"), "p")


def test_addresses_are_hashed_alike_whatever_their_case(vault: Vault) -> None:
    assert vault.address_hash(" Amina@Student.Herts.example ") == vault.address_hash("amina@student.herts.example")
    assert vault.address_hash("amina@student.herts.example") != Vault(b"\x02" * 32).address_hash(
        "amina@student.herts.example"
    )


def test_tokens_are_the_same_each_time_and_differ_by_part_and_key(vault: Vault) -> None:
    assert vault.token("a-1", "receipt") == vault.token("a-1", "receipt")
    assert len({vault.token("a-1", "receipt"), vault.token("a-1r", "eceipt"), vault.token("a-2", "receipt")}) == 3
    assert vault.token("a-1") != Vault(b"\x02" * 32).token("a-1")


def test_a_new_key_file_is_readable_by_its_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_new_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(read_key(path)) == 32
    before = path.read_bytes()
    with pytest.raises(KeyRefused, match="never overwritten"):
        write_new_key(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        (base64.b64encode(b"x" * 32), 0o640, "read by others"),
        (base64.b64encode(b"x" * 16), 0o600, "holds 16 bytes"),
        (b"not base64 at all!", 0o600, "not base64"),
        (b"\xff\xfe", 0o600, "cannot be read"),
    ],
)
def test_a_bad_key_file_is_refused_with_the_remedy(tmp_path: Path, text: bytes, mode: int, why: str) -> None:
    path = tmp_path / "key"
    path.write_bytes(text)
    path.chmod(mode)
    with pytest.raises(KeyRefused, match=why) as refused:
        read_key(path)
    assert "keys new" in str(refused.value)


def test_a_missing_key_file_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused, match=r"is not there; make one with `wellbeing-intake keys new"):
        read_key(tmp_path / "nowhere")

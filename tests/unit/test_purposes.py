"""Purposes: each is there once, whole, in a version of its own; what is not is refused by name."""

from pathlib import Path

import pytest

from intake.errors import ConfigurationRefused
from intake.places import config_folder
from intake.purposes import load_purposes
from intake.vocabulary import WITHDRAWABLE, Purpose

TEXT = (config_folder() / "purposes.toml").read_text(encoding="utf-8")


def test_the_shipped_purposes_are_whole_and_those_of_the_contract_can_be_withdrawn() -> None:
    purposes = load_purposes()
    assert set(purposes.terms) == set(Purpose)
    assert set(purposes.not_withdrawable) == set(Purpose) - set(WITHDRAWABLE)
    assert all(terms.version for terms in purposes.terms.values())


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("[contact]", "[contacts]", "contact"),
        ('version = "2026-11"', "", "internal_sharing: missing or unknown: version"),
        ("withdrawable = true", 'withdrawable = "yes"', "internal_sharing.withdrawable"),
        ('processing = ["dpv:Share", "dpv:Consult"]', "processing = []", "internal_sharing.processing"),
        ('wording = "sharing information about you with coll', 'wrding = "', "internal_sharing: .*wording.*wrding"),
        ("[internal_sharing]", "[internal_sharing", "cannot be read"),
    ],
)
def test_what_is_missing_unknown_or_malformed_is_named(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in TEXT
    (tmp_path / "purposes.toml").write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationRefused, match=why):
        load_purposes(tmp_path / "purposes.toml")


def test_each_purpose_has_a_version_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "purposes.toml").write_text(TEXT.replace('"2026-11"', '"2027-02"', 1), encoding="utf-8")
    purposes = load_purposes(tmp_path / "purposes.toml")
    assert purposes.terms[Purpose.INTERNAL_SHARING].version == purposes.version == "2027-02"
    assert purposes.terms[Purpose.CONTACT].version == "2026-11"

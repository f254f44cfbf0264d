"""The purposes as the service words them: `config/purposes.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from intake.errors import ConfigurationRefused
from intake.places import config_folder
from intake.vocabulary import Purpose


@dataclass(frozen=True, slots=True)
class PurposeTerms:
    """One purpose's wording, lawful basis, and whether a student can withdraw from it."""

    wording: str
    lawful_basis: str
    withdrawable: bool


@dataclass(frozen=True, slots=True)
class Purposes:
    """Every purpose, in one version."""

    version: str
    terms: Mapping[Purpose, PurposeTerms]

    @property
    def not_withdrawable(self) -> tuple[Purpose, ...]:
        """Those that rest on law, not on consent."""
        return tuple(purpose for purpose, terms in self.terms.items() if not terms.withdrawable)


def load_purposes(path: Path | None = None) -> Purposes:
    """Read the purposes. Raises `ConfigurationRefused`, naming what is wrong."""
    path = path or config_folder() / "purposes.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationRefused(f"{path} cannot be read: {error}") from error
    version = values.pop("version", None)
    if not isinstance(version, str):
        raise ConfigurationRefused(f"{path}: version: is required")
    if set(values) != set(Purpose):
        odd = sorted(set(values) ^ set(Purpose))
        raise ConfigurationRefused(f"{path}: each purpose is named once; missing or unknown: {', '.join(odd)}")
    try:
        terms = {purpose: PurposeTerms(**values[purpose]) for purpose in Purpose}
    except TypeError as error:
        raise ConfigurationRefused(f"{path}: each purpose has wording, lawful_basis and withdrawable") from error
    return Purposes(version, terms)

"""The purposes as the service words them: `config/purposes.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from intake.errors import ConfigurationRefused
from intake.places import config_folder
from intake.vocabulary import Purpose


@dataclass(frozen=True, slots=True)
class PurposeTerms:
    """One purpose's wording, lawful basis, and whether a student can withdraw from it, in one version.

    `purpose_type`, `basis_type` and `processing` are terms of the W3C Data Privacy Vocabulary.
    """

    version: str
    wording: str
    lawful_basis: str
    withdrawable: bool
    purpose_type: str
    basis_type: str
    processing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Purposes:
    """Every purpose, each in a version of its own."""

    terms: Mapping[Purpose, PurposeTerms]

    @property
    def version(self) -> str:
        """The newest version of any purpose."""
        return max(terms.version for terms in self.terms.values())

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
    if set(values) != set(Purpose):
        odd = sorted(set(values) ^ set(Purpose))
        raise ConfigurationRefused(f"{path}: each purpose is named once; missing or unknown: {', '.join(odd)}")
    return Purposes({purpose: _terms(path, purpose, values[purpose]) for purpose in Purpose})


def _terms(path: Path, purpose: Purpose, values: Any) -> PurposeTerms:
    names = {field.name: field.type for field in fields(PurposeTerms)}
    if not isinstance(values, dict) or set(values) != set(names):
        odd = sorted(set(names) ^ set(values if isinstance(values, dict) else ()))
        raise ConfigurationRefused(f"{path}: {purpose.value}: missing or unknown: {', '.join(odd)}")
    for name, value in values.items():
        kind = bool if name == "withdrawable" else list if name == "processing" else str
        if not isinstance(value, kind) or value in ("", []):
            raise ConfigurationRefused(f"{path}: {purpose.value}.{name}: is not what it must be")
    return PurposeTerms(**{**values, "processing": tuple(str(one) for one in values["processing"])})

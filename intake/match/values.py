"""What matching finds, as values."""

from dataclasses import dataclass

from intake.vocabulary import AddressLink


@dataclass(frozen=True, slots=True)
class MatchEvidence:
    """One comparison: a slug such as `registered address` and its match weight in bits (log2 of m/u)."""

    comparison: str
    weight: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One student who may have written it; `probability` 0 to 1."""

    student_id: str
    probability: float
    weight: float
    evidence: tuple[MatchEvidence, ...]
    address_link: AddressLink
    #: registered and alternate address of the record as they stand, for replies
    registered_address: str | None
    #: no longer a student
    has_left: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """The student, or nobody; candidates most probable first; `margin` in bits to the runner-up, nobody included."""

    student_id: str | None = None
    probability: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    margin: float = 0.0
    #: details point to more than one student
    ambiguous: bool = False

    @property
    def chosen(self) -> Candidate | None:
        """The matched candidate."""
        return next((one for one in self.candidates if one.student_id == self.student_id), None)

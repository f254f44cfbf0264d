"""How many students bear a name, counted in the register once for each letter."""

from sqlalchemy.orm import Session

from intake.names import exact_range
from intake.store import students

# A smaller register is taken for a part of a university: names in it are not rarer than their bearers elsewhere.
_SMALLEST = 10_000


class Census:
    """Counts of one letter's matching, each asked for once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._counts: dict[tuple[str, ...], int] = {}
        self.size = max(students.size(session), _SMALLEST)

    def bearers(self, *keys: str) -> int:
        """How many students have one of these names; at least one."""
        if keys not in self._counts:
            self._counts[keys] = max(students.bearers(self._session, keys), 1)
        return self._counts[keys]

    def bearers_of(self, family: str, initial: str = "") -> int:
        """How many names there are with this family name, and given names that begin so; at least one."""
        between = ("between", *exact_range(family, initial))
        if between not in self._counts:
            self._counts[between] = max(students.bearers_between(self._session, *between[1:]), 1)
        return self._counts[between]

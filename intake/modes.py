"""Modes: what automatic mode would have done, beside what officers did, so that the next step rests on figures."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from intake.store.proposals import Proposal
from intake.vocabulary import Disposition, ReplyTemplate

#: one-sided 95 %
_Z = 1.6448536269514722


class Outcome(StrEnum):
    """What officers did, measured by what was proposed."""

    #: the same
    SAME = "same"
    #: withdrew fewer purposes than proposed
    LESS = "less"
    #: withdrew further purposes
    MORE = "more"
    #: withdrew others
    OTHER = "other"
    #: did none of what was proposed
    NOTHING = "nothing"
    #: withdrew what the registered address should first have been asked about
    WITHOUT_ASKING = "without_asking"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How often officers did what was proposed. `at_least`: Wilson's lower bound of that share, 95 %, one-sided."""

    waiting: int
    outcomes: dict[Disposition, Counter[Outcome]] = field(default_factory=dict)
    differing: tuple[tuple[Proposal, Outcome], ...] = ()

    @property
    def compared(self) -> int:
        """How many were settled by a person."""
        return sum(counts.total() for counts in self.outcomes.values())

    @property
    def same(self) -> int:
        """How often the same was done."""
        return sum(counts[Outcome.SAME] for counts in self.outcomes.values())

    @property
    def share(self) -> float | None:
        """The share of the same; None where nothing is to be compared."""
        return self.same / self.compared if self.compared else None

    @property
    def at_least(self) -> float | None:
        """What the share is at least, as far as so many cases can tell."""
        return wilson_lower(self.same, self.compared) if self.compared else None


def compare(proposals: Iterable[Proposal]) -> Comparison:
    """Compare each settled proposal with what was done; those that wait are only counted."""
    waiting, differing = 0, []
    outcomes: dict[Disposition, Counter[Outcome]] = {}
    for proposal in proposals:
        if not proposal.settled:
            waiting += 1
            continue
        outcome = outcome_of(proposal)
        outcomes.setdefault(proposal.disposition, Counter())[outcome] += 1
        if outcome is not Outcome.SAME:
            differing.append((proposal, outcome))
    return Comparison(waiting, outcomes, tuple(differing))


def outcome_of(proposal: Proposal) -> Outcome:
    """Say what became of one settled proposal."""
    if proposal.disposition is Disposition.ANSWER:
        answered = ReplyTemplate.QUESTION_ANSWERED in proposal.written
        return Outcome.SAME if answered and not proposal.withdrawn else Outcome.NOTHING
    if proposal.disposition is Disposition.CONFIRM:
        if ReplyTemplate.WITHDRAWAL_CONFIRMATION in proposal.written:
            return Outcome.SAME
        return Outcome.WITHOUT_ASKING if proposal.withdrawn else Outcome.NOTHING
    return _scope(proposal)


def _scope(proposal: Proposal) -> Outcome:
    done, proposed = proposal.withdrawn, proposal.purposes
    if done == proposed:
        return Outcome.SAME
    if not done:
        return Outcome.NOTHING
    if done < proposed:
        return Outcome.LESS
    return Outcome.MORE if done > proposed else Outcome.OTHER


def wilson_lower(hits: int, trials: int) -> float:
    """Give Wilson's lower bound of a share (Wilson 1927), 95 %, one-sided."""
    share, z2 = hits / trials, _Z**2
    middle = share + z2 / (2 * trials)
    spread = _Z * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    return max(0.0, (middle - spread) / (1 + z2 / trials))

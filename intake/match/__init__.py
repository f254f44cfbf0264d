"""Matching: the student whose letter it is, or nobody (Fellegi and Sunter 1969: additive match weights)."""

from intake.match.linking import match
from intake.match.values import Candidate, Match, MatchEvidence

__all__ = ["Candidate", "Match", "MatchEvidence", "match"]

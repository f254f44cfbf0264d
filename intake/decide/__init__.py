"""Deciding: the facts and the policy table, first row that holds wins. Pure: no session, no clock, no log."""

from intake.decide.facts import Confirmation, ConsentChange, Decision, Facts, KnownCase, PlannedReply, Waiting
from intake.decide.table import POLICY_TABLE, decide

__all__ = [
    "POLICY_TABLE",
    "Confirmation",
    "ConsentChange",
    "Decision",
    "Facts",
    "KnownCase",
    "PlannedReply",
    "Waiting",
    "decide",
]

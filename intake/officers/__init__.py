"""What a wellbeing officer decides: one function a decision, each one transaction, each audited, each refused by value.

A case is taken in hand (`claim`); every decision names the version of the case that the officer saw. A refusal changes
nothing and says why. What is written goes through the same ledger and the same outbox as the worker's own.
"""

from intake.officers.answers import answer, ask, previewed, send
from intake.officers.approving import ask_erasure, ask_merge, ask_override, ask_third_party, settle, withdraw
from intake.officers.case_file import CaseFile, LetterOnFile, read_case
from intake.officers.clock import clock_choices, keep_time
from intake.officers.consents import (
    Said,
    apply,
    hold,
    open_record,
    record_reinstatement,
    record_withdrawal,
    release,
)
from intake.officers.handling import (
    Disclosure,
    Reading,
    acknowledge,
    close,
    correct,
    disclose,
    not_ours,
    note,
    reassign,
    reopen,
)
from intake.officers.lease import claim, give_back
from intake.officers.merging import merge
from intake.officers.proposing import Proposal, propose
from intake.officers.third_parties import Release
from intake.officers.undo import undo, undoable
from intake.officers.values import (
    Action,
    Basis,
    Channel,
    CloseReason,
    Done,
    Ground,
    Hand,
    Office,
    Refusal,
    RefusalReason,
)

__all__ = [
    "Action",
    "Basis",
    "CaseFile",
    "Channel",
    "CloseReason",
    "Disclosure",
    "Done",
    "Ground",
    "Hand",
    "LetterOnFile",
    "Office",
    "Proposal",
    "Reading",
    "Refusal",
    "RefusalReason",
    "Release",
    "Said",
    "acknowledge",
    "answer",
    "apply",
    "ask",
    "ask_erasure",
    "ask_merge",
    "ask_override",
    "ask_third_party",
    "claim",
    "clock_choices",
    "close",
    "correct",
    "disclose",
    "give_back",
    "hold",
    "keep_time",
    "merge",
    "not_ours",
    "note",
    "open_record",
    "previewed",
    "propose",
    "read_case",
    "reassign",
    "record_reinstatement",
    "record_withdrawal",
    "release",
    "reopen",
    "send",
    "settle",
    "undo",
    "undoable",
    "withdraw",
]

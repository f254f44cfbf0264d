"""Corrections: a letter that an officer read otherwise than the classifier becomes an example for the next training.

Sealed under a key of its own, in the corpus' format (classifiers/corpus/GUIDE.md); only where it is configured.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from intake.identifiers import new_id
from intake.officers.case_file import CaseFile, LetterOnFile, opened_letter
from intake.officers.values import Correction, Office
from intake.parse import InboundMessage
from intake.sealing import Vault
from intake.store import Store, corrections
from intake.store.corrections import CorrectionRow
from intake.vocabulary import WITHDRAWABLE


def differences(letter: LetterOnFile, intents: tuple[str, ...], scope: tuple[str, ...], *, urgent: bool) -> list[str]:
    """Say in what an officer and the classifier differ about a letter."""
    read = letter.classification
    found = []
    if {one["name"] for one in read.get("intents", [])} != set(intents):
        found.append("intents")
    if "consent_withdrawal" in intents and set(read.get("scope", [])) != set(scope):
        found.append("scope")
    if bool(read.get("urgent", {}).get("flag")) != urgent:
        found.append("urgent")
    return found


def keep(session: Session, office: Office, file: CaseFile, correction: Correction, now: datetime) -> None:
    """Keep the case's letter as an example, in the caller's transaction; one letter is one example."""
    letter = file.letter
    message = None if letter is None else opened_letter(office, letter.arrival)
    if letter is None or message is None or not {"intents", "scope", "urgent"} & set(correction.differs):
        return
    correction_id, key = new_id("k"), office.desk.vault.new_key()
    line = json.dumps(_example(correction_id, letter, message, correction), ensure_ascii=False)
    sealed = key.seal(line.encode("utf-8", "replace"), f"corrections/{correction_id}/content")
    row = CorrectionRow(correction_id, letter.arrival.arrival_id, now, list(correction.differs), key.wrapped, sealed)
    corrections.put(session, row)


def exported(store: Store, vault: Vault) -> Iterator[str]:
    """Give every correction as a line of the corpus."""
    with store.reading() as session:
        for row in corrections.every(session):
            if row.wrapped_key is not None and row.content is not None:
                place = f"corrections/{row.correction_id}/content"
                yield vault.open_key(row.wrapped_key).open(row.content, place).decode()


def _example(name: str, letter: LetterOnFile, message: InboundMessage, correction: Correction) -> dict[str, Any]:
    read = letter.classification
    originator = message.originator
    parts = (message.new_text, message.signature, message.quoted_text)
    example: dict[str, Any] = {
        "id": name,
        "from_name": "" if originator is None else originator.display_name,
        "from_addr": "" if originator is None else originator.address,
        "subject": message.subject,
        "body": "\n\n".join(one for one in parts if one),
        "own": message.new_text,
        "html": False,
        "intents": list(correction.intents),
        "urgent": correction.urgent,
        "role": read.get("author_role", "student"),
        "language": read.get("language") or "und",
        "evidence": [],
        "why": "corrected by an officer: " + ", ".join(correction.differs),
    }
    if "consent_withdrawal" in correction.intents and correction.scope:
        whole = set(correction.scope) == {one.value for one in WITHDRAWABLE}
        example["scope"] = "all" if whole else list(correction.scope)
    return example

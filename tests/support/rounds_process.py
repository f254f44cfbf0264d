"""A process of its own that makes one round, with something built in at one place: it hangs, dies or freezes there.

`python -m tests.support.rounds_process '{"url": ..., "imap": ..., "smtp": ..., "faults": {"hang": 3}}'` prints what it
counted. `hang`, `kill` and `crash` name the UID on whose work it happens; `freeze` names the place.
"""

import ctypes
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import intake.pipeline
import intake.receive
import intake.rounds
import intake.store.engine
from intake import log, settings
from intake.opening import open_house
from intake.rounds import Rounds
from intake.sealing import Vault
from intake.store import open_store
from tests.integration.conftest import mailbox_settings, smtp_settings, whole_settings


def main(call: dict[str, Any]) -> None:
    """Make one round and print what it counted."""
    log.configure()
    # A transaction that freezes is ended by PostgreSQL after so long.
    intake.store.engine._PATIENCE_S = call.get("patience_s", 30)
    _build_in(call["faults"])
    configuration = whole_settings(mailbox_settings(call["imap"]), smtp_settings(call["smtp"]), Path("/nowhere"))
    worker = settings.Worker(message_s=call.get("message_s", 120))
    vault = Vault(bytes(range(32)))
    house = open_house(configuration.model_copy(update={"worker": worker}), vault)
    store = open_store(call["url"])
    done = Rounds(house, store).make()
    print(json.dumps({"counts": done.counts, "troubles": [type(one).__name__ for one in done.troubles]}))


def _build_in(faults: dict[str, Any]) -> None:
    work = vars(intake.rounds)["work"]

    def faulty(*arguments: Any) -> Any:
        uid = arguments[2].uid
        if uid == faults.get("hang"):
            # Inside the regular expression engine, which holds Python's lock all the while.
            re.fullmatch(r"(a|aa)+", "a" * 80 + "b")
        if uid == faults.get("kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        if uid == faults.get("crash"):
            ctypes.string_at(0)
        return work(*arguments)

    vars(intake.rounds)["work"] = faulty
    places: dict[str, tuple[Any, str]] = {
        "before the arrival is committed": (intake.receive, "_commit"),
        "before the record is begun": (intake.pipeline, "read"),
        "inside the record": (intake.pipeline, "record"),
    }
    if "freeze" in faults:
        _freeze_before(*places[faults["freeze"]])


def _freeze_before(module: Any, name: str) -> None:
    function = getattr(module, name)

    def frozen(*arguments: Any, **named: Any) -> Any:
        setattr(module, name, function)
        os.kill(os.getpid(), signal.SIGSTOP)
        return function(*arguments, **named)

    setattr(module, name, frozen)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

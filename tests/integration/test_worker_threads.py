"""Each of the worker's jobs stays on a thread of its own: what reading needs is kept once, not once for each thread."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from intake.rounds import Round, Rounds
from intake.sealing import Vault
from intake.store import open_store
from intake.worker import Worker
from tests.integration.conftest import mailbox_settings, smtp_settings
from tests.integration.house import rounds


def test_each_job_runs_on_the_same_thread_again_and_again(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/test.db", create=True)
    made = rounds(store, Vault(bytes(32)), mailbox_settings(1, idle=False), smtp_settings(1))
    worker = made.house.settings.worker.model_copy(
        update={"poll_every_s": 0.02, "send_every_s": 0.03, "reconcile_every_s": 0}
    )
    house = replace(made.house, settings=made.house.settings.model_copy(update={"worker": worker}))
    threads: defaultdict[str, set[int]] = defaultdict(set)
    runs: Counter[str] = Counter()

    def noted(name: str) -> Callable[[Rounds], Round]:
        def note(these: Rounds) -> Round:
            threads[name].add(threading.get_ident())
            runs[name] += 1
            if len(runs) == 3 and min(runs.values()) >= 20:
                these.stop.set()
            return Round()

        return note

    class Noting(Rounds):
        receive, send = noted("poll"), noted("send")

        def work(self, on_message: object = None) -> Round:
            return noted("work")(self)

    Worker(Noting(house, store)).run()
    store.close()
    assert {name: len(of_job) for name, of_job in threads.items()} == {"poll": 1, "work": 1, "send": 1}
    assert len(set.union(*threads.values())) == 3

"""`make torture`: keep the promise under fire, and print what was thrown and what survived."""

import argparse
import contextlib
import logging
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.torture.storm import Storm
from tests.torture.verdict import Verdict, judge
from tests.torture.world import made_world


def main() -> int:
    """Run the storm; exit status 1 where the promise was broken."""
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--messages", type=int, default=1000, help="letters to deliver (default 1000)")
    parser.add_argument("--kills", type=int, default=50, help="how often the service is killed (default 50)")
    parser.add_argument("--seed", type=int, default=None, help="the same faults again (default: a new one)")
    parser.add_argument(
        "--postgresql", action="store_true", help="two workers on PostgreSQL, one of them frozen at times"
    )
    parser.add_argument("--keep", type=Path, help="a new folder to leave logs and database in")
    chosen = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if chosen.seed is None else chosen.seed
    say(f"seed {seed}: {chosen.messages} letters, {chosen.kills} kills")
    # aiosmtpd warns of a name of its own at each sign-in.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = chosen.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="torture-")))
        folder.mkdir(exist_ok=True)
        storm, verdict = torture(folder, chosen.messages, chosen.kills, seed, postgresql=chosen.postgresql)
    print(table(storm, verdict))
    print(f"\n{time.monotonic() - began:.0f} s. Again:", end=" ")
    where = " --postgresql" if chosen.postgresql else ""
    print(f'make torture TORTURE_ARGS="--messages {chosen.messages} --kills {chosen.kills} --seed {seed}{where}"')
    return 1 if verdict.broken else 0


def torture(folder: Path, messages: int, kills: int, seed: int, *, postgresql: bool = False) -> tuple[Storm, Verdict]:
    """Rage over a fresh world in `folder`, and judge what is left."""
    with made_world(folder, messages, postgresql=postgresql) as world:
        storm = Storm(world, messages, kills, seed, say)
        storm.rage()
        say("judging")
        return storm, judge(world, storm.delivered, storm.thrown["the same letter delivered twice"])


def table(storm: Storm, verdict: Verdict) -> str:
    """Write what was thrown and what survived."""
    lines = ["", f"{'thrown':<44}times"]
    lines += [f"  {name:<42}{times:>5}" for name, times in sorted(storm.thrown.items()) if name and times]
    lines += ["", "survived"]
    rows = {
        "letters delivered": verdict.messages,
        **{f"letters {state}": count for state, count in sorted(verdict.states.items())},
        "consent events, each once": verdict.changes,
        **{f"messages out {state}": count for state, count in sorted(verdict.sent.items())},
    }
    lines += [f"  {name:<42}{count:>5}" for name, count in rows.items()]
    lines += ["", f"{verdict.lost} lost, {verdict.doubled} doubled, {verdict.stuck} stuck"]
    lines += [f"BROKEN: {one}" for one in verdict.broken[:20]] or ["The promise was kept."]
    return "\n".join(lines)


def say(text: str) -> None:
    """Tell how far it is, on standard error."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

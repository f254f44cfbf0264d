"""Measure: `python -m tests.bench [NAME...]`; without a name everything, a million students included (ten minutes).

All but the soak, which takes hours and is asked for by name: `python -m tests.bench soak [--messages N]`.
"""

import argparse
import sys

from tests.bench import mailbox, match, own_words, reader, soak, start

BENCHES = {
    "start": start.main,
    "reader": reader.main,
    "own_words": own_words.main,
    "match": match.main,
    "mailbox": mailbox.main,
}


def main() -> int:
    """Run the named measurements; exit status 1 where the soak found growth."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHES)}, or soak alone")
    parser.add_argument("--messages", type=int, default=50_000, help="letters of the soak (default 50000)")
    chosen = parser.parse_args()
    if chosen.names == ["soak"]:
        print(f"soak: {(soak.__doc__ or '').splitlines()[0]}", flush=True)
        return 0 if soak.main(chosen.messages) else 1
    unknown = [name for name in chosen.names if name not in BENCHES]
    if unknown:
        parser.error(f"there is no measurement {unknown[0]}: choose from {', '.join(BENCHES)}")
    for name in chosen.names or BENCHES:
        print(f"{name}: {(sys.modules[BENCHES[name].__module__].__doc__ or '').splitlines()[0]}", flush=True)
        BENCHES[name]()
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

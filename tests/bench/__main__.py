"""Measure: `python -m tests.bench [NAME...]`; without a name everything, a million students included (ten minutes)."""

import sys

from tests.bench import mailbox, match, own_words, reader, start

BENCHES = {
    "start": start.main,
    "reader": reader.main,
    "own_words": own_words.main,
    "match": match.main,
    "mailbox": mailbox.main,
}


def main(names: list[str]) -> int:
    """Run the named measurements."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"there is no measurement {unknown[0]}: choose from {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    for name in names or BENCHES:
        print(f"{name}: {(sys.modules[BENCHES[name].__module__].__doc__ or '').splitlines()[0]}", flush=True)
        BENCHES[name]()
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

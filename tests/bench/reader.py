"""Measure how long the reader takes for a letter, on one thread."""

import statistics
import time

from classifiers import load
from classifiers.corpus_files import read_all, split


def main(most: int = 500) -> None:
    """Read the calibration authors' letters, one after another."""
    reader = load()
    letters = [one.letter for one in read_all(split()["calibration"])][:most]
    reader.read(letters[0])
    took = []
    for letter in letters:
        start = time.perf_counter()
        reader.read(letter)
        took.append(1000 * (time.perf_counter() - start))
    took.sort()
    print(
        f"{len(letters)} letters: median {statistics.median(took):.1f} ms, "
        f"nine in ten within {took[len(took) * 9 // 10]:.1f} ms, longest {took[-1]:.0f} ms"
    )

"""The corpus keeps its own rules, and nobody's letters serve two purposes."""

import subprocess
import sys

from classifiers.corpus_files import CORPUS, read, read_all, split


def test_every_file_keeps_the_rules_of_the_guide() -> None:
    done = subprocess.run([sys.executable, "check.py"], cwd=CORPUS, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[0] == "nothing wrong"


def test_nobody_stands_in_two_lists_of_the_split() -> None:
    authors = [author for names in split().values() for author in names]

    assert len(authors) == len(set(authors))


def test_every_author_stands_in_the_split() -> None:
    assert {author for names in split().values() for author in names} == {one.stem for one in CORPUS.glob("*.jsonl")}


def test_no_letter_of_one_list_stands_in_another() -> None:
    texts = {
        name: {_bare(one.letter.new_text) for one in read_all(authors)} - {""} for name, authors in split().items()
    }

    assert not texts["training"] & texts["calibration"]
    assert not (texts["training"] | texts["calibration"]) & texts["test"]


def test_every_letter_can_be_read_back() -> None:
    for path in CORPUS.glob("*.jsonl"):
        examples = list(read(path))

        assert len({one.letter_id for one in examples}) == len(examples), path.name
        assert {one.author for one in examples} == {path.stem}


def _bare(text: str) -> str:
    """Give a text for comparing; words that anybody may write, such as 'yes', are nobody's."""
    words = text.lower().split()
    return " ".join(words) if len(words) > 5 else ""

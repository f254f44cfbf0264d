"""Link letters with Splink, one at a time: run by a Python that has splink 5, with none of this project's packages.

`python splink_link.py FOLDER` reads register.csv, training.csv and letters.csv there, and prints one line of JSON: its
version, the seconds of setting up, the scores of the training letters, and score and milliseconds of each letter. The
columns of letters: letter, writer, given, family, number, born, address.
"""

import importlib
import importlib.metadata
import json
import sys
import time
from pathlib import Path
from typing import Any

_REGISTER = """
    SELECT student_id AS unique_id, student_id AS writer, first_name AS given, last_name AS family,
        student_id AS number,
        CAST(date_of_birth AS VARCHAR) AS born, lower(email) AS address, lower(alternate_email) AS alternate
    FROM read_csv('{folder}/register.csv', all_varchar = true, nullstr = '')
"""
_LETTERS = """
    SELECT letter AS unique_id, writer, given, family, number, born, lower(address) AS address,
        lower(address) AS alternate FROM read_csv('{folder}/{name}.csv', all_varchar = true, nullstr = '')
"""
_Found = list[tuple[str, float]]


class Splink:
    """A model of the register, its u drawn from pairs at random, its m from letters whose writers are known."""

    def __init__(self, folder: Path) -> None:
        """Load the register and estimate every parameter."""
        self._splink = importlib.import_module("splink")
        compare = importlib.import_module("splink.comparison_library")
        self._database = importlib.import_module("duckdb").connect()
        self._database.execute("SET threads = 1")
        self._api = self._splink.DuckDBAPI(self._database)
        self._database.execute(f"CREATE TABLE register AS {_REGISTER.format(folder=folder)}")
        size = self._database.execute("SELECT count(*) FROM register").fetchone()[0]
        self._register = self._api.register("register", dataset_display_name="register")
        self._folder = folder
        block_on = self._splink.block_on
        settings = self._splink.SettingsCreator(
            link_type="link_only",
            probability_two_random_records_match=1 / size,
            comparisons=[
                compare.NameComparison("given").configure(term_frequency_adjustments=True),
                compare.NameComparison("family").configure(term_frequency_adjustments=True),
                compare.DamerauLevenshteinAtThresholds("number", 1),
                compare.DateOfBirthComparison("born", input_is_string=True),
                compare.ExactMatch("address"),
                compare.ExactMatch("alternate"),
            ],
            blocking_rules_to_generate_predictions=[
                block_on("number"),
                block_on("address"),
                block_on("alternate"),
                block_on("family", "given"),
                block_on("born", "substr(family, 1, 3)"),
                block_on("family", "substr(given, 1, 3)"),
                block_on("given", "substr(family, 1, 3)"),
                block_on("given", "substr(number, 1, 4)"),
                block_on("given", "substr(number, 5, 4)"),
            ],
            additional_columns_to_retain=["writer"],
        )
        self._training = self._letters("training")
        self._linker = self._splink.Linker([self._training, self._register], settings, log_level=None)
        self._linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
        self._linker.training.estimate_m_from_label_column("writer")
        for column in ("given", "family"):
            self._linker.table_management.compute_tf_table(column)

    def trained_on(self) -> dict[str, _Found]:
        """Score the letters it learnt from, all at once."""
        return self._best(self._training)

    def link(self) -> dict[str, tuple[_Found, float]]:
        """Link each letter by itself."""
        self._letters("letters")
        found: dict[str, tuple[_Found, float]] = {}
        for (letter,) in self._database.execute("SELECT unique_id FROM letters ORDER BY unique_id").fetchall():
            started = time.perf_counter()
            self._database.execute("CREATE OR REPLACE TABLE one AS SELECT * FROM letters WHERE unique_id = ?", [letter])
            one = self._api.register("one", dataset_display_name="one", table_name=f"one_{len(found)}")
            best = self._best(one).get(letter, [])
            found[letter] = (best, (time.perf_counter() - started) * 1000)
        return found

    def _letters(self, name: str) -> Any:
        self._database.execute(f"CREATE TABLE {name} AS {_LETTERS.format(folder=self._folder, name=name)}")
        return self._api.register(name, dataset_display_name=name)

    def _best(self, letters: Any) -> dict[str, _Found]:
        """Give the two likeliest students of each letter, with their match weights."""
        pairs = self._linker.inference.predict_between(letters, self._register, warning_mode="never")
        rows = self._database.execute(
            f"SELECT * FROM (SELECT unique_id_l, unique_id_r, match_weight FROM {pairs.physical_name}) "
            "QUALIFY row_number() OVER (PARTITION BY unique_id_l ORDER BY match_weight DESC) <= 2 "
            "ORDER BY match_weight DESC"
        ).fetchall()
        pairs.drop_table_from_database_and_remove_from_cache()
        best: dict[str, _Found] = {}
        for letter, student, weight in rows:
            best.setdefault(letter, []).append((student, weight))
        return best


def main(folder: Path) -> None:
    """Train, link, print."""
    started = time.perf_counter()
    model = Splink(folder)
    done = {
        "version": importlib.metadata.version("splink"),
        "seconds": time.perf_counter() - started,
        "training": model.trained_on(),
        "letters": model.link(),
    }
    print(json.dumps(done))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

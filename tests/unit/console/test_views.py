"""What the case page shows: marks that lose no letter of a text, and charts that stay in their frame."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.console.views import due_in, marked, size_of, waterfalls
from intake.console.wording import certainty

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


@given(st.text(), st.lists(st.tuples(st.text(), st.sampled_from(["urgent", "seen"]))))
def test_marking_loses_and_adds_nothing(text: str, marks: list[tuple[str, str]]) -> None:
    assert "".join(part.text for part in marked(text, marks)) == text


def test_a_sentence_is_found_across_line_ends_and_taken_as_it_is() -> None:
    parts = marked("Hello.\nStop (all)\n of   it. Bye", [("Stop (all) of it.", "seen"), ("not there", "urgent")])
    assert [(one.text, one.mark) for one in parts] == [
        ("Hello.\n", ""),
        ("Stop (all)\n of   it.", "seen"),
        (" Bye", ""),
    ]


def test_the_first_of_two_marks_that_overlap_wins() -> None:
    parts = marked("one two three", [("one two", "urgent"), ("two three", "seen")])
    assert [(one.text, one.mark) for one in parts] == [("one two", "urgent"), (" three", "")]


@given(
    st.lists(
        st.dictionaries(st.text(min_size=1, max_size=20), st.floats(-60, 60), max_size=6).map(
            lambda weights: {"student_id": "1", "probability": 0.5, "weights": weights}
        ),
        max_size=4,
    ),
    st.integers(0, 10**6),
)
def test_every_bar_stays_inside_its_chart(candidates: list[dict[str, object]], size: int) -> None:
    charts = waterfalls(candidates, size)
    assert len(charts) == min(len(candidates), 2)
    for chart in charts:
        for bar in chart.bars:
            assert chart.label - 1 <= bar.x
            assert bar.x + bar.width <= chart.width - 80
            assert bar.y + 22 <= chart.height


@pytest.mark.parametrize(
    ("hours", "said"),
    [(0.5, "in less than an hour"), (5, "in 5 hours"), (72, "in 3 days"), (-1, "overdue by 1 hour")],
)
def test_what_is_left_is_said_in_words(hours: float, said: str) -> None:
    assert due_in(NOW + timedelta(hours=hours), NOW) == said


def test_sizes_and_certainties_are_said_in_words() -> None:
    assert [size_of(one) for one in (12, 2048, 3 << 20)] == ["12 bytes", "2 KB", "3.0 MB"]
    assert [certainty(one) for one in (0.999, 0.95, 0.4)] == [
        "almost certainly (over 99 %)",
        "very likely (95%)",
        "perhaps (40%)",
    ]

"""The register's import: what goes in, what is named and left out, and how a file may be written."""

import tracemalloc
from datetime import date
from pathlib import Path

import pytest

from intake.errors import CallRefused
from intake.names import exact_key
from intake.store import Store, students
from intake.store.students import Student
from intake.students import Rejected, import_csv

HEADER = "student_id,first_name,last_name,preferred_name,email,alternate_email,date_of_birth,course"
ALICE = "22100001,Alice,Whitlock,,aw22abc@student.herts.example,alice@post.example,2004-05-11,BSc Psychology"
PIOTR = "22100002,Łukasz,Zieliński,Luke,lz22abc@student.herts.example,,12/03/2003,BA Business Management"


def _file(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "students.csv"
    path.write_bytes("\r\n".join((*lines, "")).encode(encoding))
    return path


def _known(store: Store, student_id: str) -> Student:
    with store.reading() as session:
        return students.by_ids(session, [student_id])[0]


def test_every_column_arrives_in_the_register(store: Store, tmp_path: Path) -> None:
    done = import_csv(store, _file(tmp_path, HEADER, ALICE, PIOTR))
    assert (done.added, done.updated, done.unchanged, done.rejected) == (2, 0, 0, [])
    assert _known(store, "22100002") == Student(
        "22100002",
        "Łukasz",
        "Zieliński",
        "Luke",
        "lz22abc@student.herts.example",
        None,
        date(2003, 3, 12),
        "BA Business Management",
    )


def test_a_second_import_changes_only_what_changed(store: Store, tmp_path: Path) -> None:
    import_csv(store, _file(tmp_path, HEADER, ALICE, PIOTR))
    done = import_csv(store, _file(tmp_path, HEADER, ALICE.replace("Whitlock", "Ashdown"), PIOTR))
    assert (done.added, done.updated, done.unchanged) == (0, 1, 1)
    assert _known(store, "22100001").last_name == "Ashdown"


def test_a_new_name_is_found_and_the_old_one_no_longer(store: Store, tmp_path: Path) -> None:
    import_csv(store, _file(tmp_path, HEADER, ALICE))
    import_csv(store, _file(tmp_path, HEADER, ALICE.replace("Whitlock", "Ashdown")))
    with store.reading() as session:
        assert students.by_keys(session, [exact_key("alice", "whitlock")]) == []
        assert [one.student_id for one in students.by_keys(session, [exact_key("alice", "ashdown")])] == ["22100001"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_is_read_with_and_without_a_byte_order_mark(store: Store, tmp_path: Path, encoding: str) -> None:
    assert import_csv(store, _file(tmp_path, HEADER, PIOTR, encoding=encoding)).added == 1
    assert _known(store, "22100002").last_name == "Zieliński"


def test_windows_1252_is_read_where_the_file_is_not_utf_8(store: Store, tmp_path: Path) -> None:
    row = "22100003,Zoë,Brontë,,zb@student.herts.example,,,"
    assert import_csv(store, _file(tmp_path, HEADER, row, encoding="cp1252")).added == 1
    assert _known(store, "22100003").last_name == "Brontë"


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_semicolons_and_tabs_part_cells_too(store: Store, tmp_path: Path, delimiter: str) -> None:
    lines = [line.replace(",", delimiter) for line in (HEADER, ALICE)]
    assert import_csv(store, _file(tmp_path, *lines)).added == 1
    assert _known(store, "22100001").course == "BSc Psychology"


def test_columns_come_in_any_order_and_others_are_ignored(store: Store, tmp_path: Path) -> None:
    header, row = (
        "Email , fees,LAST_NAME,student_id,first_name",
        "aw@student.herts.example,9250,Whitlock,22100001,Alice",
    )
    assert import_csv(store, _file(tmp_path, header, row)).added == 1
    assert _known(store, "22100001") == Student("22100001", "Alice", "Whitlock", email="aw@student.herts.example")


@pytest.mark.parametrize("missing", ["student_id", "first_name", "last_name", "email"])
def test_a_missing_column_is_named_and_nothing_goes_in(store: Store, tmp_path: Path, missing: str) -> None:
    header = HEADER.replace(missing, "something", 1)
    with pytest.raises(CallRefused, match=f"column {missing} is missing"):
        import_csv(store, _file(tmp_path, header, ALICE))
    with store.reading() as session:
        assert not students.exists(session, "22100001")


def test_a_column_that_stands_twice_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(CallRefused, match="column email stands twice"):
        import_csv(store, _file(tmp_path, f"{HEADER},email", ALICE))


def test_an_empty_file_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(CallRefused, match="student_id"):
        import_csv(store, _file(tmp_path))


def test_a_header_alone_adds_nobody(store: Store, tmp_path: Path) -> None:
    assert import_csv(store, _file(tmp_path, HEADER)).added == 0


BAD_ROWS = {
    ",Alice,Whitlock,,a@b.example,,,": "student_id is empty",
    "1,,Whitlock,,a@b.example,,,": "first_name is empty",
    "1,Alice,,,a@b.example,,,": "last_name is empty",
    "1,Alice,Whitlock,,not an address,,,": "email is not an e-mail address",
    "1,Alice,Whitlock,,a@b.example,nobody@,,": "alternate_email is not an e-mail address",
    "1,Alice,Whitlock,,a@b.example,,31/02/2004,": "date_of_birth is neither YYYY-MM-DD nor DD/MM/YYYY",
    "1,Alice,Whitlock,,a@b.example,,1804-05-11,": "date_of_birth is impossible",
    "1,Alice,Whitlock,,a@b.example,,2999-05-11,": "date_of_birth is impossible",
    f"1,Alice,{'W' * 201},,a@b.example,,,": "last_name is longer than 200 characters",
    f"{'1' * 65},Alice,Whitlock,,a@b.example,,,": "student_id is longer than 64 characters",
    "1,Alice,Whit\x00lock,,a@b.example,,,": "last_name has a character that cannot be read",
    "1,Ali\ufffdce,Whitlock,,a@b.example,,,": "first_name has a character that cannot be read",
    "1,Alice,Whitlock,,a@b.example,,,Law,with Criminology": "has more cells than the header",
    '1,Alice,"Whit"lock,,a@b.example,,,': "is not CSV",
}


def test_each_bad_row_is_named_by_line_and_reason_and_the_good_ones_go_in(store: Store, tmp_path: Path) -> None:
    done = import_csv(store, _file(tmp_path, HEADER, ALICE, *BAD_ROWS, PIOTR))
    assert done.added == 2
    assert [one.line for one in done.rejected] == list(range(3, 3 + len(BAD_ROWS)))
    for found, expected in zip(done.rejected, BAD_ROWS.values(), strict=True):
        assert found.reason.startswith(expected)


def test_a_number_that_stands_twice_is_taken_once(store: Store, tmp_path: Path) -> None:
    done = import_csv(store, _file(tmp_path, HEADER, ALICE, PIOTR, ALICE.replace("Alice", "Alicia")))
    assert done.added == 2
    assert done.rejected == [Rejected(4, "student_id 22100001 stands twice in the file")]
    assert _known(store, "22100001").first_name == "Alice"


def test_a_row_is_named_by_the_line_on_which_it_begins(store: Store, tmp_path: Path) -> None:
    spread = '1,Alice,Whitlock,,a@b.example,,,"BSc\r\nPsychology\r\nwith Law"'
    done = import_csv(store, _file(tmp_path, HEADER, spread, "", ",Nobody,Here,,,,,", '2,"Two\r\nLines",,,,,,'))
    assert done.added == 1
    assert done.rejected == [Rejected(6, "student_id is empty"), Rejected(7, "last_name is empty")]
    assert _known(store, "1").course == "BSc Psychology with Law"


def test_a_quotation_mark_that_is_never_closed_swallows_no_other_row(store: Store, tmp_path: Path) -> None:
    done = import_csv(store, _file(tmp_path, HEADER, ALICE, '1,"Alice,Whitlock,,a@b.example,,,', PIOTR))
    assert done.added == 2
    assert [one.line for one in done.rejected] == [3]
    assert "never closed" in done.rejected[0].reason


def test_a_row_may_end_before_its_empty_cells(store: Store, tmp_path: Path) -> None:
    assert import_csv(store, _file(tmp_path, HEADER, "1,Alice,Whitlock,,a@b.example")).added == 1


def test_ten_thousand_rows_go_in_without_being_held_together(store: Store, tmp_path: Path) -> None:
    rows = (f"{number},Alice,Whitlock,,a{number}@b.example,,2004-05-11,{'x' * 190}" for number in range(10_000))
    path = _file(tmp_path, HEADER, *rows)
    told: list[int] = []
    tracemalloc.start()
    try:
        done = import_csv(store, path, told.append, batch_size=500)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert done.added == sum(told) == 10_000
    with store.reading() as session:
        assert students.size(session) == 10_000
    # A batch and the numbers seen; the rows' text alone is 2.5 million bytes, and as students held together far more.
    assert peak < 6_000_000

"""Finding messages in files: what is no file is passed over."""

from pathlib import Path

from intake.replay import sources


def test_a_folder_inside_a_maildir_is_no_message(tmp_path: Path) -> None:
    for name in ("new", "cur/inner"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "cur" / "1").write_bytes(b"From: a@b.example\n\nHello.\n")
    assert [content for _source, content in sources([tmp_path])] == [b"From: a@b.example\n\nHello.\n"]

"""The tables of the student register; they belong to the schema's metadata."""

from sqlalchemy import Column, Date, Index, String, Table, Text

from intake.store.schema import UtcTime, metadata

#: The student register, in clear and indexed; `*_key` columns are normalised for look-up.
students = Table(
    "students",
    metadata,
    Column("student_id", String(64), primary_key=True),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("preferred_name", Text),
    Column("email", Text),
    Column("alternate_email", Text),
    Column("date_of_birth", Date),
    Column("course", Text),
    Column("email_key", Text),
    Column("alternate_email_key", Text),
    Column("left_on", Date),
    #: the record under which this doubled one goes on
    Column("merged_into", String(64)),
    Column("updated_at", UtcTime, nullable=False),
    Index("ix_students_email_key", "email_key"),
    Index("ix_students_alternate_email_key", "alternate_email_key"),
)

#: The blocking keys of each student (`intake.names`): each way in which matching looks a name up, in one index; written
#: with the row they belong to. Compared byte by byte, so that a range of keys is the same on both databases.
student_keys = Table(
    "student_keys",
    metadata,
    Column("key", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True),
    Column("student_id", String(64), primary_key=True),
    sqlite_with_rowid=False,
)

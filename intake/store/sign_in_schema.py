"""The tables of the console's sign-in; they belong to the schema's metadata."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from intake.store.schema import UtcTime, metadata

#: Who may use the console. A local account has a password; one that signs in at the university, issuer and subject.
accounts = Table(
    "accounts",
    metadata,
    Column("account_id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    #: the name as it is looked up; null for accounts that sign in at the university
    Column("name_key", Text, unique=True),
    Column("role", String(32), nullable=False),
    #: argon2id, in its own notation
    Column("password_hash", Text),
    #: OpenID Connect: who vouches, and for whom
    Column("issuer", Text),
    Column("subject", Text),
    #: sealed secret of the one-time code (RFC 6238), and the last time step that was used: no code counts twice
    Column("wrapped_key", LargeBinary),
    Column("code_secret", LargeBinary),
    Column("code_step", BigInteger),
    Column("created_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
    #: since when privacy mode is on for it; null: off
    Column("private_since", UtcTime),
    UniqueConstraint("issuer", "subject"),
)

#: Who is signed in: the SHA-256 of a token that the browser alone holds.
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("account_id", String(40), ForeignKey("accounts.account_id"), nullable=False),
    #: the role as it was at sign-in: another one ends the session
    Column("role", String(32), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Index("ix_sessions_account_id", "account_id"),
)

#: A way in that works once: the SHA-256 of a token that was told to one person.
sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("account_id", String(40), ForeignKey("accounts.account_id"), nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

#: Failed sign-ins under one name or from one network address, by keyed hash: whether there is such an account or not.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcTime, nullable=False),
    Column("blocked_until", UtcTime),
)

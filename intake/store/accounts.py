"""Queries on the console's accounts."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from intake.identifiers import new_id
from intake.store.sign_in_schema import accounts
from intake.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Account:
    """Who acts in the console."""

    account_id: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account with what proves it; the secrets stay out of its `repr`."""

    account_id: str
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None
    issuer: str | None
    password_hash: str | None = field(repr=False)
    wrapped_key: bytes | None = field(repr=False)
    code_secret: bytes | None = field(repr=False)
    code_step: int | None = field(repr=False)

    @property
    def account(self) -> Account:
        """Who this is, without the proof."""
        return Account(self.account_id, self.name, self.role)


_ROW = [accounts.c[name] for name in AccountRow.__slots__]


def name_key(name: str) -> str:
    """Fold a name as it is looked up: compatibility forms and case aside."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.strip()).casefold())


def add_local(session: Session, name: str, role: Role, password_hash: str | None, now: datetime) -> Account:
    """Add an account that signs in here; without a password only a link opens it."""
    account = Account(new_id("u"), name.strip(), role)
    session.execute(
        insert(accounts).values(
            account_id=account.account_id,
            name=account.name,
            name_key=name_key(name),
            role=role.value,
            password_hash=password_hash,
            created_at=now,
        )
    )
    return account


def add_vouched(session: Session, issuer: str, subject: str, name: str, role: Role, now: datetime) -> Account:
    """Add an account for which `issuer` vouches."""
    account = Account(new_id("u"), name, role)
    session.execute(
        insert(accounts).values(
            account_id=account.account_id, name=name, role=role.value, issuer=issuer, subject=subject, created_at=now
        )
    )
    return account


def local(session: Session, name: str) -> AccountRow | None:
    """Give the account that signs in here under `name`."""
    return _one(session, accounts.c.name_key == name_key(name))


def vouched(session: Session, issuer: str, subject: str) -> AccountRow | None:
    """Give the account for which `issuer` vouches as `subject`."""
    return _one(session, (accounts.c.issuer == issuer) & (accounts.c.subject == subject))


def named(session: Session, name: str) -> AccountRow | None:
    """Give the account with this id, or the local one with this name."""
    return _one(session, accounts.c.account_id == name) or local(session, name)


def every(session: Session) -> list[AccountRow]:
    """Give all accounts, by name."""
    return [_row(one) for one in session.execute(select(*_ROW).order_by(accounts.c.name, accounts.c.account_id))]


def set_password(session: Session, account_id: str, password_hash: str) -> None:
    """Replace the password."""
    _change(session, account_id, password_hash=password_hash)


def set_code(session: Session, account_id: str, wrapped_key: bytes | None, code_secret: bytes | None) -> None:
    """Ask for a one-time code from now on (`None`: no longer)."""
    _change(session, account_id, wrapped_key=wrapped_key, code_secret=code_secret, code_step=None)


def use_code_step(session: Session, account_id: str, step: int) -> bool:
    """Use up a time step; false where it, or a later one, was used before."""
    fresh = or_(accounts.c.code_step.is_(None), accounts.c.code_step < step)
    found = session.execute(
        update(accounts)
        .where(accounts.c.account_id == account_id, fresh)
        .values(code_step=step)
        .returning(accounts.c.account_id)
    )
    return found.one_or_none() is not None


def set_role(session: Session, account_id: str, role: Role) -> None:
    """Give another role."""
    _change(session, account_id, role=role.value)


def set_name(session: Session, account_id: str, name: str) -> None:
    """Show another name; the one under which a local account signs in stays."""
    _change(session, account_id, name=name)


def set_private(session: Session, account_id: str, since: datetime | None) -> None:
    """Switch privacy mode on (since a moment) or off (None)."""
    _change(session, account_id, private_since=since)


def disable(session: Session, account_id: str, now: datetime | None) -> None:
    """Let nobody sign in with this account from now on (`None`: again)."""
    _change(session, account_id, disabled_at=now)


def _change(session: Session, account_id: str, **values: object) -> None:
    session.execute(update(accounts).where(accounts.c.account_id == account_id).values(**values))


def _one(session: Session, where: object) -> AccountRow | None:
    row = session.execute(select(*_ROW).where(where)).one_or_none()  # type: ignore[arg-type]
    return None if row is None else _row(row)


def _row(row: object) -> AccountRow:
    values = row._asdict()  # type: ignore[attr-defined]
    return AccountRow(**{**values, "role": Role(values["role"])})

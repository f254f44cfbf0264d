"""Accounts: argon2id at rest, sound passwords, codes that count once, and a lock-out that tells nobody anything."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from intake.console import accounts, codes, passwords
from intake.console.accounts import proved
from intake.console.oidc import Voucher, account_for
from intake.errors import CallRefused, NotFound
from intake.sealing import Vault
from intake.settings import OpenId
from intake.store import Store, attempts, audit
from intake.store import accounts as stored
from intake.store.accounts import Account
from intake.vocabulary import Role
from tests.support.console import PASSWORD

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


def ada(store: Store) -> Account:
    return accounts.add(store, "Ada", Role.OFFICER, PASSWORD, NOW)


def prove(
    store: Store,
    vault: Vault,
    name: str = "ada",
    password: str = PASSWORD,
    code: str = "",
    address: str = "192.0.2.1",
    now: datetime = NOW,
) -> Account | None:
    return proved(store, vault, name=name, password=password, code=code, address=address, now=now)


def test_the_password_is_kept_as_argon2id_alone(store: Store) -> None:
    ada(store)
    with store.reading() as session:
        row = stored.local(session, "ada")
    assert row is not None
    assert (row.password_hash or "").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PASSWORD not in (row.password_hash or "")
    assert "argon2" not in repr(row)


def test_name_and_password_prove_an_account_whatever_the_case_of_the_name(store: Store, vault: Vault) -> None:
    account = ada(store)
    assert prove(store, vault) == account
    assert prove(store, vault, name="  ADA ") == account
    assert prove(store, vault, password="another password") is None
    assert prove(store, vault, name="bob") is None
    assert prove(store, vault, name="a\x00da") is None
    assert prove(store, vault, password="") is None


def test_a_name_is_taken_once_however_it_is_written(store: Store) -> None:
    ada(store)
    for name in ("ada", "ＡＤＡ", " Ada"):
        with pytest.raises(CallRefused, match="there is an account with that name already"):
            accounts.add(store, name, Role.LEAD, PASSWORD, NOW)


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\nb", "a\x00", "\u202eevil"])
def test_a_name_that_cannot_be_seen_is_refused(store: Store, name: str) -> None:
    with pytest.raises(CallRefused, match="an account's name"):
        accounts.add(store, name, Role.OFFICER, PASSWORD, NOW)


@pytest.mark.parametrize("password", ["", "short", "elevenchars", "x" * 257, "aaaaaaaaaaaaaaaa", "abababababababab"])
def test_a_password_that_is_soon_guessed_is_refused(password: str) -> None:
    with pytest.raises(CallRefused, match="the password is"):
        passwords.prove_sound(password, "ada")


def test_a_password_that_is_the_name_is_refused() -> None:
    with pytest.raises(CallRefused, match="little more than the account's name"):
        passwords.prove_sound("augusta.ada.king1", "augusta.ada.king")


def test_a_password_is_the_same_in_either_unicode_form(store: Store, vault: Vault) -> None:
    accounts.add(store, "zoe", Role.OFFICER, "caf\u00e9 au lait noir", NOW)
    assert prove(store, vault, name="zoe", password="cafe\u0301 au lait noir") is not None


def test_a_disabled_account_is_shut_out_and_let_in_again(store: Store, vault: Vault) -> None:
    account = ada(store)
    accounts.disable(store, "ada", NOW)
    assert prove(store, vault) is None
    accounts.disable(store, account.account_id, NOW, again=True)
    assert prove(store, vault) == account


def test_another_password_makes_the_old_one_wrong(store: Store, vault: Vault) -> None:
    ada(store)
    accounts.change_password(store, "ada", "staple tomorrow moon", NOW)
    assert prove(store, vault) is None
    assert prove(store, vault, password="staple tomorrow moon") is not None


def test_an_unknown_account_is_named_as_such(store: Store) -> None:
    with pytest.raises(NotFound, match="there is no such account"):
        accounts.disable(store, "nobody", NOW)


def test_a_code_is_asked_for_beside_the_password_and_counts_once(store: Store, vault: Vault) -> None:
    ada(store)
    secret = accounts.ask_for_code(store, vault, "ada", NOW)
    given = codes.code(secret, codes.step_at(NOW))
    assert prove(store, vault) is None
    assert prove(store, vault, code="000000" if given != "000000" else "000001") is None
    assert prove(store, vault, password="another password", code=given) is None
    assert prove(store, vault, code=given) is not None
    assert prove(store, vault, code=given) is None, "the same code counted twice"
    later = NOW + timedelta(seconds=60)
    assert prove(store, vault, code=codes.code(secret, codes.step_at(later)), now=later) is not None


def test_a_lost_app_is_forgotten_by_the_operator(store: Store, vault: Vault) -> None:
    ada(store)
    accounts.ask_for_code(store, vault, "ada", NOW)
    accounts.ask_for_no_code(store, "ada", NOW)
    assert prove(store, vault) is not None


def test_the_secret_of_the_codes_is_sealed(store: Store, vault: Vault) -> None:
    ada(store)
    secret = accounts.ask_for_code(store, vault, "ada", NOW)
    with store.reading() as session:
        row = stored.local(session, "ada")
    assert row is not None
    assert secret not in (row.code_secret or b"")


@pytest.mark.parametrize("name", ["ada", "somebody who is not here"])
def test_after_five_tries_a_name_waits_whether_or_not_it_is_known(store: Store, vault: Vault, name: str) -> None:
    ada(store)
    for place in range(5):
        assert prove(store, vault, name=name, password="a wrong password", address=f"192.0.2.{place}") is None
    assert prove(store, vault, name=name, address="198.51.100.1") is None, "the right password was let in while locked"
    later = NOW + timedelta(minutes=16)
    assert (prove(store, vault, name=name, now=later) is not None) is (name == "ada")


def test_guesses_at_the_same_time_are_counted_one_by_one(store: Store, vault: Vault) -> None:
    ada(store)
    with ThreadPoolExecutor(8) as pool:
        tries = [pool.submit(prove, store, vault, password="a wrong password") for _ in range(16)]
    assert [one.result() for one in tries] == [None] * 16
    with store.reading() as session:
        looked_at = session.connection().exec_driver_sql(
            "SELECT count(*) FROM audit_entries WHERE action = 'sign_in_refused'"
        )
        assert looked_at.scalar_one() == 5


def test_each_further_try_makes_the_wait_longer_up_to_a_quarter_of_an_hour() -> None:
    waits = [attempts.wait(beyond).total_seconds() for beyond in range(8)]
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


def test_a_success_forgets_the_failures_of_that_name(store: Store, vault: Vault) -> None:
    ada(store)
    for _ in range(3):
        for _ in range(4):
            assert prove(store, vault, password="a wrong password") is None
        assert prove(store, vault) is not None


def test_one_address_that_tries_many_names_waits(store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    ada(store)
    monkeypatch.setattr(accounts, "_FREE_BY_ADDRESS", 6)
    for place in range(6):
        assert prove(store, vault, name=f"guess {place}", address="2001:db8::1") is None
    assert prove(store, vault, address="2001:db8::ffff") is None, "one customer has the whole /64"
    assert prove(store, vault, address="2001:db8:0:1::1") is not None


def test_an_address_of_ipv4_in_ipv6_is_the_same_address() -> None:
    assert accounts.network("::ffff:192.0.2.1") == accounts.network("192.0.2.1")
    assert accounts.network("not an address") == "unknown"


def test_no_name_that_was_tried_is_stored(store: Store, vault: Vault) -> None:
    prove(store, vault, name="a student's own name")
    with store.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT key FROM sign_in_failures").scalars().all()
        subjects = session.connection().exec_driver_sql("SELECT subject FROM audit_entries").scalars().all()
    assert len(rows) == 2
    assert not any("student" in str(one) for one in [*rows, *subjects])


def test_whom_the_university_vouches_for_is_one_account_with_the_role_of_the_day(store: Store) -> None:
    settings = OpenId.model_validate({"issuer": "https://i.example", "client_id": "x", "officer": ["o"], "lead": ["l"]})

    def vouched(subject: str, role: str) -> Account | None:
        voucher = Voucher("https://i.example", subject, "Ada", {"roles": [role]})
        return account_for(store, settings, voucher, NOW)

    first, again, other = vouched("s-1", "o"), vouched("s-1", "l"), vouched("s-2", "o")
    assert first is not None
    assert again is not None
    assert other is not None
    assert (again.account_id, again.role) == (first.account_id, Role.LEAD)
    assert other.account_id != first.account_id
    assert vouched("s-1", "nothing") is None
    with pytest.raises(CallRefused, match="signs in at the university"):
        accounts.change_password(store, first.account_id, PASSWORD, NOW)


def test_every_change_and_every_refusal_is_in_the_audit_trail(store: Store, vault: Vault) -> None:
    account = ada(store)
    prove(store, vault, password="a wrong password")
    accounts.change_role(store, "ada", Role.LEAD, NOW)
    accounts.disable(store, "ada", NOW)
    with store.reading() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT actor, action, subject FROM audit_entries ORDER BY sequence"
        )
        found = [tuple(row) for row in rows]
        assert audit.verify(session).ok
    assert found == [
        ("operator", "account_added", account.account_id),
        ("nobody", "sign_in_refused", account.account_id),
        ("operator", "role_changed", account.account_id),
        ("operator", "account_disabled", account.account_id),
    ]

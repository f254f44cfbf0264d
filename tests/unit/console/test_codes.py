"""One-time codes agree with the RFCs' own vectors, allow for a clock that is off by one step, and no more."""

from datetime import UTC, datetime, timedelta

import pytest

from intake.console import codes

RFC_SECRET = b"12345678901234567890"


def test_codes_of_rfc_4226_appendix_d() -> None:
    expected = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489"
    assert " ".join(codes.code(RFC_SECRET, counter) for counter in range(10)) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_of_rfc_6238_appendix_b(seconds: int, expected: str) -> None:
    assert codes.code(RFC_SECRET, codes.step_at(datetime.fromtimestamp(seconds, UTC)), 8) == expected


@pytest.mark.parametrize(("drift", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step(drift: int, taken: bool) -> None:
    now = datetime(2026, 11, 27, 9, tzinfo=UTC)
    given = codes.code(RFC_SECRET, codes.step_at(now + timedelta(seconds=30 * drift)))
    assert (codes.matching_step(RFC_SECRET, given, now) is not None) is taken


@pytest.mark.parametrize("given", ["", "12", "abcdef", "１２３４５６", "0" * 100, "\ud800"])
def test_what_is_no_code_is_no_code(given: str) -> None:
    assert codes.matching_step(RFC_SECRET, given, datetime(2026, 11, 27, 9, tzinfo=UTC)) is None


def test_the_address_for_the_app_names_service_and_account() -> None:
    address = codes.address(RFC_SECRET, "ada lovelace", "Student Wellbeing")
    assert address == (
        "otpauth://totp/Student%20Wellbeing:ada%20lovelace"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Student%20Wellbeing"
    )

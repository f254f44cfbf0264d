"""Who vouches for the originator: every published way to forge a verdict, and the honest mail beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.authenticate import Authentication, AuthenticationVerdict, ForgerySign, authenticate
from intake.parse import parse

OURS = "mx.herts.example"
STUDENT = "ab23xyz@students.herts.example"
PASS = "dmarc=pass header.from=students.herts.example"


def judged(*fields: str, sender: str = f"Ann Bell <{STUDENT}>", trusted: tuple[str, ...] = (OURS,)) -> Authentication:
    head = "".join(f"{one}\r\n" for one in fields)
    content = f"{head}From: {sender}\r\nTo: wellbeing@herts.example\r\nSubject: x\r\n\r\nHello.\r\n"
    return authenticate(parse(content.encode()), trusted_authserv_ids=trusted)


def results(value: str, name: str = "Authentication-Results") -> str:
    return f"{name}: {value}"


def test_an_aligned_pass_under_the_trusted_id_passes() -> None:
    found = judged(results(f"{OURS}; spf=pass smtp.mailfrom={STUDENT}; dkim=pass header.d=herts.example; {PASS}"))
    assert found.verdict is AuthenticationVerdict.PASS
    assert found.authserv_id == OURS
    assert ("dmarc", "pass") in found.methods
    assert found.signs == ()


@pytest.mark.parametrize(
    "value",
    [
        f"{OURS} 1; {PASS}",
        f"MX.Herts.Example; {PASS}",
        f"{OURS}; dmarc=PASS (p=reject dis=none) header.from=Students.Herts.Example",
        f"{OURS}; dmarc = pass header.from = students.herts.example",
        f'{OURS}; dmarc=pass reason="aligned; dkim=fail" header.from=students.herts.example',
        f"{OURS}; dmarc=pass (p=none (sp=none)) header.from=students.herts.example",
        f"{OURS}; dmarc/1=pass header.from=students.herts.example",
        f"{OURS};\r\n\tspf=none;\r\n\t{PASS}",
        f"{OURS}; dmarc=pass header.from=herts.example",
    ],
)
def test_every_honest_way_of_writing_a_pass_is_read(value: str) -> None:
    assert judged(results(value)).verdict is AuthenticationVerdict.PASS


@pytest.mark.parametrize(
    "value",
    [
        "mx.elsewhere.example; " + PASS,
        f"{OURS}.evil.example; {PASS}",
        f"evil.example ({OURS}); {PASS}",
        f"{OURS}; spf=pass smtp.mailfrom={STUDENT}",
        f"{OURS}; dkim=pass header.d=students.herts.example",
        f"{OURS}; none",
        f"{OURS}; dmarc=none header.from=students.herts.example",
        f"{OURS}; dmarc=bestguesspass header.from=students.herts.example",
        f"{OURS}; dmarc=temperror header.from=students.herts.example",
        f"{OURS}; dmarc=pass",
        f"{OURS}; dmarc=pass header.from=evil.example",
        f"{OURS}; dmarc=pass header.from=xstudents.herts.example",
        f"{OURS}; dmarc=pass header.from=ents.herts.example",
        f"{OURS}; dmarc=pass header.from=evil.example header.from=students.herts.example",
        f"{OURS}; dmarc=pass header.from=",
        f"{OURS}; dmarc=none header.from=evil.example (dmarc=pass header.from=students.herts.example)",
        f'{OURS}; spf=pass smtp.mailfrom="x; {PASS} y"@evil.example',
        f'{OURS}; spf=pass smtp.mailfrom="\\"; {PASS}"@evil.example',
        f"{OURS}; spf=pass (a (b; {PASS} ) c) smtp.mailfrom=evil.example",
        f"{OURS}; dkim=pass header.d=evil.example; dkim=fail header.d=students.herts.example",
        f"{OURS}; x-dmarc=pass header.from=students.herts.example",
        f"{OURS}; {PASS}; dmarc=none header.from=students.herts.example",
        f"{OURS}; {PASS}; compauth=fail reason=001",
    ],
)
def test_nothing_less_than_an_aligned_pass_by_the_trusted_server_passes(value: str) -> None:
    assert judged(results(value)).verdict is AuthenticationVerdict.NONE


@pytest.mark.parametrize(
    "value",
    [
        f"{OURS}; dmarc=pass dmarc=fail header.from=students.herts.example",
        f"{OURS}; dmarc=fail dmarc=pass header.from=students.herts.example",
        f"{OURS}; {PASS} (",
        f"{OURS}; {PASS} )",
        f'{OURS}; {PASS} reason="open',
        f"{OURS}; =pass; {PASS}",
        f"{OURS}; dmarc; =; {PASS}",
        f"{OURS}; {PASS}; " + "(" * 500,
        f"{OURS}; {PASS}; " + "dkim=pass; " * 200,
        f"{OURS}; {PASS} (" + "x" * 5_000 + ")",
        f"{OURS}; {PASS}; \\",
    ],
)
def test_what_cannot_be_parsed_fails_closed(value: str) -> None:
    found = judged(results(value))
    assert found.verdict is AuthenticationVerdict.NONE
    assert ForgerySign.UNPARSEABLE_RESULTS in found.signs


def test_the_worst_of_two_results_wins_in_either_order() -> None:
    for value in (f"{OURS}; dmarc=fail; {PASS}", f"{OURS}; {PASS}; dmarc=fail"):
        found = judged(results(value))
        assert found.verdict is AuthenticationVerdict.FORGED
        assert ForgerySign.DMARC_FAIL in found.signs


def test_a_second_trusted_field_below_cannot_turn_the_verdict() -> None:
    fail = results(f"{OURS}; dmarc=fail (p=reject dis=reject) header.from=students.herts.example")
    nothing = results(f"{OURS}; spf=pass smtp.mailfrom=evil.example")
    assert judged(fail, results(f"{OURS}; {PASS}")).verdict is AuthenticationVerdict.FORGED
    assert judged(nothing, results(f"{OURS}; {PASS}")).verdict is AuthenticationVerdict.NONE


def test_fields_that_came_with_the_message_are_the_senders_word() -> None:
    hop_in = "Received: from mail.evil.example (mail.evil.example [192.0.2.9]) by mx.herts.example with ESMTPS"
    hop_before = "Received: from home.other.example by mail.evil.example with ESMTP"
    forged = results(f"{OURS}; {PASS}")
    assert judged(hop_in, hop_before, forged).verdict is AuthenticationVerdict.NONE
    own = results(f"{OURS}; dmarc=none header.from=students.herts.example")
    assert judged(own, hop_in, forged).verdict is AuthenticationVerdict.NONE
    assert judged(hop_in, own, hop_before, forged).verdict is AuthenticationVerdict.NONE


def test_our_own_field_is_found_above_or_just_below_our_received_field() -> None:
    store_hop = "Received: from mx.herts.example by store.herts.example with LMTP"
    hop_in = "Received: from mail.students-home.example by mx.herts.example with ESMTPS"
    own = results(f"{OURS}; {PASS}")
    for fields in ((own, hop_in), (store_hop, own, hop_in), (store_hop, hop_in, own), (hop_in, own)):
        assert judged(*fields).verdict is AuthenticationVerdict.PASS


def test_a_foreign_field_on_top_does_not_hide_ours() -> None:
    foreign = results("filter.vendor.example; dkim=pass header.d=vendor.example")
    assert judged(foreign, results(f"{OURS}; {PASS}")).verdict is AuthenticationVerdict.PASS


def test_nobody_trusted_means_no_verdict() -> None:
    assert judged(results(f"{OURS}; {PASS}"), trusted=()).verdict is AuthenticationVerdict.NONE
    assert judged().verdict is AuthenticationVerdict.NONE
    assert judged(results(f"{OURS}; {PASS}", name="ARC-Authentication-Results")).verdict is AuthenticationVerdict.NONE


MICROSOFT = (
    "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=students.herts.example; dkim=pass (signature was verified) "
    "header.d=students.herts.example;dmarc={dmarc} action={action} header.from=students.herts.example;"
    "compauth={compauth} reason=100"
)


@pytest.mark.parametrize(
    ("dmarc", "action", "compauth", "verdict"),
    [
        ("pass", "none", "pass", AuthenticationVerdict.PASS),
        ("bestguesspass", "none", "pass", AuthenticationVerdict.NONE),
        ("none", "none", "none", AuthenticationVerdict.NONE),
        ("fail", "oreject", "fail", AuthenticationVerdict.FORGED),
        ("fail", "quarantine", "fail", AuthenticationVerdict.FORGED),
        ("pass", "none", "fail", AuthenticationVerdict.NONE),
    ],
)
def test_microsoft_365_writes_no_authserv_id(
    dmarc: str, action: str, compauth: str, verdict: AuthenticationVerdict
) -> None:
    value = results(MICROSOFT.format(dmarc=dmarc, action=action, compauth=compauth))
    found = judged(value, trusted=("",))
    assert found.verdict is verdict
    assert found.authserv_id == ""
    assert judged(value, trusted=(OURS,)).verdict is AuthenticationVerdict.NONE


def test_microsofts_stray_domains_are_passed_over() -> None:
    value = f"spf=pass smtp.mailfrom=students.herts.example; receiving.example; dkim=none; {PASS}; "
    assert judged(results(value), trusted=("",)).verdict is AuthenticationVerdict.PASS


def test_without_an_id_only_the_topmost_field_counts() -> None:
    unnamed = results(PASS)
    named = results("mx.evil.example; dmarc=none")
    assert judged(named, unnamed, trusted=("",)).verdict is AuthenticationVerdict.NONE
    assert judged(results("spf=none"), unnamed, trusted=("",)).verdict is AuthenticationVerdict.NONE


def test_two_from_fields_or_two_addresses_are_forged() -> None:
    own = results(f"{OURS}; {PASS}")
    two_fields = judged(own, "From: evil@evil.example")
    two_addresses = judged(own, sender=f"{STUDENT}, evil@evil.example")
    nobody = judged(own, sender="undisclosed:;")
    for found in (two_fields, two_addresses, nobody):
        assert found.verdict is AuthenticationVerdict.FORGED
        assert found.signs == (ForgerySign.FROM_COUNT,)


@pytest.mark.parametrize(
    "name",
    [
        f'"{STUDENT}"',
        STUDENT,
        f'"Ann Bell ({STUDENT})"',
        "=?utf-8?q?ab23xyz=40students.herts.example?=",
        '"ab23xyz\uff20students.herts.example"',
        f"'{STUDENT}' via Wellbeing",
    ],
)
def test_another_address_in_the_display_name_is_forged(name: str) -> None:
    own = results(f"{OURS}; dmarc=pass header.from=evil.example")
    found = judged(own, sender=f"{name} <evil@evil.example>")
    assert found.verdict is AuthenticationVerdict.FORGED
    assert ForgerySign.DISPLAY_NAME_ADDRESS in found.signs


def test_a_quoted_local_part_does_not_lend_its_domain() -> None:
    sender = f'"{STUDENT}"@evil.example'
    assert judged(results(f"{OURS}; {PASS}"), sender=sender).verdict is not AuthenticationVerdict.PASS


def test_the_own_address_as_display_name_is_no_sign() -> None:
    assert judged(results(f"{OURS}; {PASS}"), sender=f'"{STUDENT}" <{STUDENT}>').verdict is AuthenticationVerdict.PASS


def test_reply_to_in_the_same_organisation_is_fine_and_elsewhere_is_forged() -> None:
    own = results(f"{OURS}; {PASS}")
    assert judged(own, "Reply-To: ann@alumni.herts.example").verdict is AuthenticationVerdict.PASS
    elsewhere = judged(own, "Reply-To: ann@quillbox.example")
    assert elsewhere.verdict is AuthenticationVerdict.FORGED
    assert elsewhere.signs == (ForgerySign.REPLY_TO_ELSEWHERE,)


@pytest.mark.parametrize(
    "domain", ["students.hertz.example", "hert5.example", "herst.example", "xn--hrts-v4d.example", "h\u0435rts.example"]
)
def test_a_lookalike_domain_is_forged_though_it_authenticates(domain: str) -> None:
    own = results(f"{OURS}; dmarc=pass header.from={domain}")
    found = judged(own, sender=f"Ann Bell <ab23xyz@{domain}>")
    assert found.verdict is AuthenticationVerdict.FORGED
    assert ForgerySign.LOOKALIKE_DOMAIN in found.signs


@pytest.mark.parametrize(
    "domain", ["quillbox.example", "herts.ac.uk", "hearts-and-minds.example", "students.herts.example"]
)
def test_an_ordinary_domain_is_no_lookalike(domain: str) -> None:
    own = results(f"{OURS}; dmarc=pass header.from={domain}")
    assert judged(own, sender=f"Ann Bell <ann@{domain}>").verdict is AuthenticationVerdict.PASS


@pytest.mark.parametrize(
    "evidence",
    [
        "ARC-Seal: i=1; cv=none; d=list.example",
        "List-Id: <chess.list.example>",
        "X-Forwarded-To: wellbeing@herts.example",
    ],
)
def test_forwarding_breaks_dmarc_honestly_unless_the_policy_was_enforced(evidence: str) -> None:
    soft = results(f"{OURS}; dmarc=fail (p=reject dis=none) header.from=students.herts.example")
    hard = results(f"{OURS}; dmarc=fail (p=reject dis=reject) header.from=students.herts.example")
    assert judged(soft, evidence).verdict is AuthenticationVerdict.NONE
    assert judged(hard, evidence).verdict is AuthenticationVerdict.FORGED
    assert judged(soft).verdict is AuthenticationVerdict.FORGED


def test_an_arc_pass_by_the_trusted_server_shows_forwarding() -> None:
    value = results(f"{OURS}; arc=pass (i=1); dmarc=fail (p=none dis=none) header.from=students.herts.example")
    found = judged(value)
    assert found.verdict is AuthenticationVerdict.NONE
    assert found.signs == (ForgerySign.DMARC_FAIL,)


def test_intra_tenant_mail_passes_only_where_that_is_configured() -> None:
    content = (
        f"X-MS-Exchange-Organization-AuthAs: Internal\r\nFrom: {STUDENT}\r\n"
        "To: wellbeing@herts.example\r\n\r\nHello.\r\n"
    ).encode()
    message = parse(content)
    assert authenticate(message, trusted_authserv_ids=("",)).verdict is AuthenticationVerdict.NONE
    trusting = authenticate(message, trusted_authserv_ids=("",), trust_tenant=True)
    assert trusting.verdict is AuthenticationVerdict.PASS
    doubled = parse(b"X-MS-Exchange-Organization-AuthAs: Anonymous\r\n" + content)
    assert authenticate(doubled, trusted_authserv_ids=("",), trust_tenant=True).verdict is AuthenticationVerdict.NONE


INTERNAL = "X-MS-Exchange-Organization-AuthAs: Internal"


def within_tenant(*fields: str, sender: str = STUDENT, to: str = "wellbeing@herts.example") -> AuthenticationVerdict:
    head = "".join(f"{one}\r\n" for one in fields)
    content = f"{head}From: {sender}\r\nTo: {to}\r\n\r\nHello.\r\n".encode()
    return authenticate(parse(content), trusted_authserv_ids=("",), trust_tenant=True).verdict


def test_exchanges_marks_of_a_message_of_the_tenant_pass() -> None:
    marks = (
        "X-MS-Exchange-CrossTenant-AuthAs: Internal",
        "X-MS-Exchange-CrossTenant-FromEntityHeader: Hosted",
        "X-MS-Exchange-Organization-MessageDirectionality: Originating",
        "Authentication-Results: dkim=none (message not signed) header.d=none;dmarc=none action=none "
        "header.from=herts.example;",
    )
    assert within_tenant(INTERNAL, *marks) is AuthenticationVerdict.PASS


@pytest.mark.parametrize(
    "field",
    [
        "X-MS-Exchange-CrossTenant-AuthAs: Anonymous",
        "X-MS-Exchange-Organization-AuthAs: Internal",
        "X-MS-Exchange-CrossTenant-FromEntityHeader: Internet",
        "X-MS-Exchange-Organization-MessageDirectionality: Incoming",
        "Authentication-Results: spf=fail smtp.mailfrom=herts.example",
        "Authentication-Results: spf=pass (",
        "Reply-To: evil@quillbox.example",
    ],
)
def test_any_mark_or_result_that_speaks_against_it_denies_the_tenants_pass(field: str) -> None:
    assert within_tenant(INTERNAL, field) is not AuthenticationVerdict.PASS


def test_a_relay_inside_the_tenant_does_not_vouch_for_senders_elsewhere() -> None:
    assert within_tenant(INTERNAL, sender="ann@quillbox.example") is AuthenticationVerdict.NONE
    assert within_tenant(INTERNAL, to="") is AuthenticationVerdict.NONE


@pytest.mark.parametrize(
    "value",
    [
        f"{OURS}\u200b; {PASS}",
        f"mx.h\u0435rts.example; {PASS}",
        f"{OURS.replace('.', '%2E')}; {PASS}",
        f"mx .herts.example; {PASS}",
        f'"mx.herts.example; {PASS}',
        f"mx.evil.example (comment; {OURS}; {PASS})",
        f"mx.evil.example\r\n\t; {OURS}; {PASS}",
        f"=?utf-8?q?{OURS}?=; {PASS}",
        f"{OURS},mx.evil.example; {PASS}",
    ],
)
def test_nobody_borrows_the_trusted_servers_name(value: str) -> None:
    assert judged(results(value)).verdict is AuthenticationVerdict.NONE


@pytest.mark.parametrize(
    "value",
    [
        # lemma-platform#509: a DKIM clause lends its domain, a later clause wins, a comment or a local part hides one
        f"{OURS}; dkim=pass header.d=students.herts.example; dmarc=pass header.from=evil.example",
        f"{OURS}; dmarc=fail header.from=students.herts.example; {PASS}",
        f"{OURS}; dmarc=none (a (b) dmarc=pass header.from=students.herts.example) header.from=evil.example",
        f'{OURS}; spf=pass smtp.mailfrom="a;{PASS};b"@evil.example; dmarc=none header.from=evil.example',
        # alga-psa#3242, hermes-agent (GHSA-rxqh-5572-8m77): a verdict in another field or under another name
        f"{OURS}; auth=pass smtp.auth={STUDENT}",
        f"{OURS}; iprev=pass policy.iprev=192.0.2.1; x-google-dmarc=pass header.from=students.herts.example",
        f"{OURS}; dmarc=passed header.from=students.herts.example",
        f"{OURS}; dmarc=pass header.from=students.herts.example.evil.example",
        f"{OURS}; dmarc=pass header.from=evil.example (students.herts.example)",
        f"{OURS}; dmarc=pass policy.from=students.herts.example",
        f"{OURS}; dmarc=pass smtp.mailfrom={STUDENT}",
        f"{OURS}; dmarc=pass;header.from=students.herts.example",
    ],
)
def test_published_forgeries_of_a_verdict_do_not_pass(value: str) -> None:
    assert judged(results(value)).verdict is not AuthenticationVerdict.PASS


def test_a_broken_trusted_field_is_not_made_good_by_another() -> None:
    # authres_status#86 failed open
    broken = results(f"{OURS}; dmarc=pass header.from=(((")
    for fields in ((broken, results(f"{OURS}; {PASS}")), (results(f"{OURS}; {PASS}"), broken)):
        found = judged(*fields)
        assert found.verdict is AuthenticationVerdict.NONE
        assert ForgerySign.UNPARSEABLE_RESULTS in found.signs


def test_arc_results_and_old_results_vouch_for_nobody() -> None:
    for name in ("ARC-Authentication-Results", "X-Original-Authentication-Results", "Authentication-Results-Original"):
        assert judged(results(f"i=1; {OURS}; {PASS}", name)).verdict is AuthenticationVerdict.NONE
    arc = f"{OURS}; arc=pass (i=2 spf=pass dkim=pass dmarc=pass fromdomain=students.herts.example)"
    assert judged(results(arc)).verdict is AuthenticationVerdict.NONE
    assert judged(results(f"{arc}; dmarc=fail (p=reject dis=reject)")).verdict is AuthenticationVerdict.FORGED


@pytest.mark.parametrize(
    "sender",
    [
        f"{STUDENT} <evil@evil.example>",
        f'"{STUDENT}" <evil@evil.example>',
        f"evil@evil.example ({STUDENT})",
        "=?utf-8?b?YWIyM3h5ekBzdHVkZW50cy5oZXJ0cy5leGFtcGxl?= <evil@evil.example>",
        f"<{STUDENT}> <evil@evil.example>",
        f"{STUDENT}, evil@evil.example",
        f"{STUDENT}:evil@evil.example;",
        f"<@{STUDENT}:evil@evil.example>",
        f"evil@evil.example\x00{STUDENT}",
        f"{STUDENT}\r\n\t<evil@evil.example>",
    ],
)
def test_another_senders_pass_never_counts_for_the_students_address(sender: str) -> None:
    head = f"Authentication-Results: {OURS}; {PASS}\r\nFrom: {sender}\r\nTo: wellbeing@herts.example\r\n"
    message = parse(f"{head}\r\nHello.\r\n".encode())
    found = authenticate(message, trusted_authserv_ids=(OURS,))
    claimed = message.originator is not None and message.originator.address == STUDENT
    assert found.verdict is not AuthenticationVerdict.PASS or claimed
    evil = judged(results(f"{OURS}; dmarc=pass header.from=evil.example"), sender=sender)
    assert evil.verdict is not AuthenticationVerdict.PASS or not claimed


_PIECES = st.sampled_from([*'abc=;()"\\ .@/1\t', "dmarc=pass ", OURS, "header.from=", "herts.example", "none"])


@given(st.lists(_PIECES, max_size=30).map("".join))
def test_no_field_value_raises_and_none_turns_a_verdict(value: str) -> None:
    found = judged(results(f"{OURS}; dmarc=none; {value}"))
    assert found.verdict is not AuthenticationVerdict.PASS

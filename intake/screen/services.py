"""Mail of services and devices that no header field gives away: help desks, portals, newsletters, monitors, scanners.

What only programs say counts two points, what they often say one; two points of two kinds are needed. That is not
enough: each sentence must have a program's words in it, and with those taken out nobody may speak or ask in the rest.
Without that 17 of 40 letters by people that say no "I" were taken for machine mail. What is left over is a letter.
"""

import re
from dataclasses import dataclass

from intake.parse import InboundMessage
from intake.screen.voices import somebody_speaks

_ENOUGH = 2
_ENOUGH_IN_A_REPLY = 4
#: one kind of phrase alone may stand in a person's one sentence
_KINDS = 2
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class _Words:
    points: int
    words: re.Pattern[str]


def _row(points: int, *alternatives: str) -> _Words:
    # A space is any white space: programs break their lines.
    return _Words(points, re.compile("|".join(alternatives).replace(" ", r"\s"), re.I | re.M | re.S))


_THING = (
    r"(?:request|ticket|case|call|enquiry|incident|query|job|order|booking|appointment|reservation|application|"
    r"submission|subscription|payment|task|report|document|item|file|recording|event|message|e-?mail|account)s?"
)
_DONE = (
    r"(?:received|registered|logged|created|opened|reopened|resolved|closed|completed|updated|confirmed|cancelled|"
    r"canceled|approved|rejected|assigned|dispatched|shipped|delivered|scheduled|submitted|added|changed|acknowledged|"
    r"blocked|held|(?:set|marked)(?: to| as)? \w+)"
)
#: each row counts once, in the letter or under it
_BODY: tuple[_Words, ...] = (
    # what became of a ticket, an order, a booking
    _row(
        1,
        rf"\b(?:your|following|new) (?:[\w'’-]+ ){{0,3}}?{_THING}\b.{{0,60}}?\b(?:has|have) (?:now )?"
        rf"(?:been )?{_DONE}\b",
        rf"\b(?:have|has) (?:successfully |now )?(?:received|submitted|completed|created|cancelled|"
        rf"logged) (?:your|the) "
        rf"(?:[\w-]+ ){{0,3}}?(?:{_THING}|enrolment)\b",
        r"\b(?:thank you|thanks) for (?:logging|submitting|your (?:order|booking|purchase|payment|submission))\b",
        r"\bhas just (?:turned in|submitted)\b",
    ),
    _row(1, r"\b(?:INC|RITM|REQ|CHG|SCTASK)\d{4,}\b", r"\[?\bref:[\w!.]{6,}", r"\bticket (?:id|number)\b", r"\[#\w"),
    # what a help desk promises
    _row(
        1,
        r"\b(?:a|one of (?:our|the)|our) (?:\w+ )?(?:member|representative|agent|advisers?|team|staff)\b.{0,40}\bwill\b"
        r".{0,30}\b(?:touch|back|respond|review\w*|follow|reply|contact|soon)",
        r"\b(?:we|our team) (?:aim|endeavour|try|hope|will) to (?:respond|reply|answer)\b",
        r"\b(?:we|our team)(?: will|['’]ll) (?:respond|reply|get back|be in touch|answer|"
        r"deal)\b.{0,60}\b(?:within|soon|"
        r"shortly|as soon as)\b",
        r"\bbeing (?:reviewed|processed|dealt with) by\b|\bwe['’]re on it\b|\bis now being processed\b",
        r"\bwill be (?:answered|dealt with|actioned) (?:by|within|as soon|on our|when)\b",
    ),
    _row(
        1,
        r"\b(?:aim to|will) respond within\b|\bwithin (?:\w+|\d+) (?:working|business|calendar) (?:days?|hours|"
        r"month)\b",
        r"\busually within \d+\b|\bwithin 24 hours\b",
    ),
    _row(
        2,
        r"\b(?:experiencing|receiving) (?:a |an )?(?:\w+ )?high (?:volume|number|level)\b",
        r"\be-?mails? (?:received|sent) (?:during|in|over|outside)\b.{0,60}\bwill\b",
        r"\bnot (?:monitored|checked|staffed|read) (?:outside|out of) (?:\w+ )?hours\b",
        r"\breply above this line\b|\btype your reply above\b",
        r"\b(?:quote|include|retain) (?:this|the|your) (?:\w+ )?(?:number|reference)\b.{0,40}\b(?:correspondence|reply|"
        r"replies|contact)",
        r"\b(?:ticket|request|call|case) will (?:be )?(?:close|closed|reopen|reopened)\b.{0,20}(?:automatically)?",
        r"\bto (?:reopen|add (?:additional |further )?comments?|view (?:the|this|your) (?:request|ticket|"
        r"status))\b.{0,40}"
        r"\b(?:reply|follow|click|visit)\b",
        r"\bthis e-?mail is a service from\b",
        r"\bto review the status of (?:the|your) request\b",
    ),
    _row(
        1,
        r"\brate (?:our|your|us|the)\b[^.?]{0,30}",
        r"\bhow did we do\b\??",
        r"\bdid (?:that|this) (?:answer|help)\b.?",
    ),
    # what a portal asks
    _row(
        1,
        r"\b(?:log|sign)(?:ged)?[ -]?(?:in|on)(?:to)? (?:to|and|below|here|within)\b|\b(?:please )?log ?in\b|"
        r"\bclick(?: the| on)?(?: link)? (?:here|below|link|button)\b|\bclick the link\b|\bfollow (?:this|the) link\b",
        r"\b(?:self[- ]service|online|accommodation|password|e:?vision) portal\b|\bin the (?:portal|app|dashboard)\b|"
        r"\bin (?:your|the) dashboard\b",
    ),
    _row(
        1,
        r"^\W{0,8}(?:re)?view (?:request|ticket|report|documents?|tickets|order|files?|results|alert|details|online|"
        r"\w+ run|in browser)\b",
        r"\bview (?:\w+ )?(?:online|alert|report|files)\b",
        r"^\W{0,8}(?:open|approve|release|accept|go to activity|join now|add to calendar|take the survey|"
        r"reply in teams|read online|get started|see results|book your place)\W*$",
        r"\b(?:can be|you can (?:now |also )?)(?:view(?:ed)?|track|download(?:ed)?|check|access|pay|manage)\b",
        r"\breschedule or cancel\b|\btrack (?:your|the|my) (?:parcel|order|progress|delivery|package)\b|"
        r"\bready to (?:view|collect|download)\b|\bis (?:now )?available\b.{0,40}",
    ),
    # small print of newsletters and notifications
    _row(
        2,
        r"\bview (?:this|it)?(?: ?e-?mail)? ?in (?:your |a )?(?:web )?browser\b|\btrouble (?:viewing|"
        r"reading) this\b.{0,20}",
        r"\byou(?:['’]re| are)? (?:receiving|received?|getting|get) (?:this|these|"
        r"\w+)(?: \w+){0,3}? (?:e-?mails?|because)\b",
        r"\byou(?:['’]re| are) signed up to receive\b|\bsigned up to\b.{0,40}\b(?:alerts|digest|newsletter)\b",
        r"\b(?:change|update|manage|modify|edit|adjust) (?:(?:your|my|this|how you receive|the|default|e-?mail|digest|"
        r"alert|notification|subscription|these) ){1,4}(?:preferences|settings|subscriptions?|e-?mails|alert)\b\??",
        r"\b(?:notification|e-?mail|alert) (?:settings|preferences)\b",
        r"\b(?:opt out of|stop receiving|do not wish to receive|no longer wish to receive|turn off)\b.{0,40}"
        r"\b(?:e-?mails?|alerts|reminders|notifications|messages)\b",
        r"\bunsubscribe (?:from (?:this list|these)|here|at any time)\b|[|·] ?unsubscribe\b|\bunsubscribe ?[|·]",
        r"\bforward to a friend\b",
    ),
    _row(
        1,
        r"\bunsubscribe\b|\ball rights reserved\b|©|\bprivacy policy\b|\bmade by \w+|\bsent by \w+\.?$|"
        r"\bhelp cent(?:re|er)\b|"
        r"\brespects your privacy\b|\bthank you for choosing\b|\bdelivered by \w+",
    ),
    # what a program says of itself
    _row(
        2,
        r"\b(?:automated|automatic) (?:notice|message|acknowledge?ment|notification|reminder|e-?mail|alert|response)\b",
        r"\bunattended mailbox\b|\bvacation responder\b|\bauto-?generated\b|\bvirtual assistant\b",
        r"\bcreated automatically by\b",
        r"\bthis (?:alert|report|notification|reminder|digest) (?:is|was|has been) sent\b",
    ),
    _row(1, r"\b(?:please )?do not reply\b(?: to (?:this|that) (?:\w+))?"),
    _row(
        1,
        r"\bplease (?:ignore|disregard) this\b|\bno (?:further )?action (?:is )?(?:required|needed)\b",
        r"\bnever ask (?:you )?for\b|\bfor your security\b|\b(?:do not|don['’]t) share (?:it|this (?:e-?mail|code)) ?"
        r"(?:with anyone)?",
        r"\bsecure link\b|\bencrypted message\b|\bthis link (?:expires|only works)\b.{0,60}",
    ),
    # a letterhead's "dear somebody" that stands for nobody
    _row(1, r"^dear (?:customer|requester|caller|borrower|user|subscriber|colleague/student|applicant|client)\b"),
    _row(1, r"^(?:your|the) (?:\w+ )?(?:team|system|service)$", r"^the [\w ]{2,30} team$"),
    # calendars, shared files, chats
    _row(
        2,
        r"\b(?:has )?(?:accepted|declined|tentatively accepted) (?:this|your) invitation\b|"
        r"\binvitation from \w+ calendar\b|"
        r"\bhas (?:accepted|declined): ",
        r"\byou have been invited to (?:the following event|take part|edit)\b",
        r"\bjoin on your computer\b|^meeting id: [\d ]{9,}|(?:\*~){5,}",
        r"\b(?:shared a file with you|has invited you to edit|added \d+ files? to your)\b",
        r"\bbooking has been (?:confirmed|cancelled|moved)\b|\byou have \d+ events\b",
        r"\byour teammates are trying to reach you\b|\byou have \d+ (?:new )?(?:notifications|messages|responses)\b",
        r"\bsent you a document to (?:review|sign)\b|\ball parties have signed\b",
        r"\bhas joined your meeting\b|\bcloud recording\b",
        r"\baccept \w+(?: \w+)?['’]s invitation\b",
    ),
    # deliveries, accounts, fines
    _row(
        2,
        r"\byour (?:parcel|package)\b.{0,60}\b(?:will be delivered|was handed|is on its way|has been)\b",
        r"\byour (?:latest )?(?:statement|invoice) is (?:ready|now available)\b|\btransaction id\b|"
        r"\border (?:number|#) ?\d+",
        r"\byour (?:account|balance|print balance|card) (?:ending \d+ )?(?:is now|has fallen|has been charged)\b",
        r"\byour (?:single-use|verification|security|one-time) code\b|\bpassword will expire\b",
        r"\bitems? (?:is|are|on the account .{0,60} is) (?:now )?(?:overdue|ready|available)\b|\bitem you requested\b",
        r"\byou have an? (?:new )?(?:appointment|task|message|voice message|correspondence)\b.{0,60}\b(?:on \d+|"
        r"in your|"
        r"from|at \d+)\b|\byou have new correspondence\b",
        r"\bto cancel,? reply\b|\bbring your id(?: card)? to collect\b|\bawaiting collection\b",
        r"\b(?:rent|fee|payment) (?:instalment|installment)?.{0,30}\bis due on\b",
    ),
    _row(
        2,
        r"\b(?:the assignment|assignment created|announcement posted)\b|\bdaily digest\b|\bweekly (?:digest|"
        r"activity)\b|"
        r"\bnew posts from\b|\bonline enrolment\b",
        r"\bour records show\b|\bmatch your saved\b|\bhave triggered\b|\bwe notice that you have not\b|"
        r"\byou have not (?:yet )?"
        r"completed\b|\byou have been invited to take part in a survey\b|\bnew response(?:s)? (?:has|"
        r"have) been submitted\b|"
        r"\ban offer of \w+ has been made\b|\bsomething['’]s changed in your\b",
    ),
    # gateways and mail servers
    _row(
        2,
        r"\bmessages? (?:are|is|were|was|has been|have been)? ?(?:being )?(?:held|quarantined|blocked|"
        r"waitlisted|placed)\b",
        r"\b(?:personal )?quarantine\b.{0,40}\b(?:page|digest|summary|release)|\bplaced in your personal quarantine\b|"
        r"\bheld messages\b|\brelease \| block\b|\bspam firewall\b|\bmy guest list\b|\bdelivered to my inbox\b|"
        r"\bnot been delivered\b",
        r"\bthis is the qmail-send program\b|\bi['’]m afraid i wasn['’]t able to deliver your message\b|"
        r"\bthis is a permanent "
        r"error; i['’]ve given up\b",
        r"\bthe (?:mail system|mail delivery system)\b|\bthe group you tried to contact\b|"
        r"\btried to contact .{0,30} may not "
        r"exist\b",
        r"\bdelivery has failed to these recipients\b|\brealizar la entrega a estos destinatarios\b|"
        r"\bnachrichtenzustellung an folgende\b|\béchec de la remise\b|\bkonnte nicht zugestellt werden\b|"
        r"\bconsegna non riuscita\b|\bnão foi possível entregar\b|\bkon niet worden (?:bezorgd|afgeleverd)\b",
        r"\bi['’]m protecting myself from receiving junk mail\b|\bjust this once, click\b.{0,60}\bi can receive your "
        r"e-?mails\b|\baddress has not been verified\b|\bsubscription confirmation\b|"
        r"\byou have been (?:removed from|added to) the\b",
        r"\breceived an encrypted message\b",
        r"\bthis is a return receipt\b|\bthis return receipt only\b|\bdeleted without being read\b|"
        r"\ba delivery receipt\b|"
        r"\baccusé de réception\b|\bmessage was read on\b",
        r"\[attached image\]|\bcontent is an attachment\b|\bscanned and sent (?:to you )?(?:using|from|by)\b|"
        r"\bthis e-?mail was sent from \"|\bqueries to:",
        r"\bnew voice message\b|\byou missed a call\b|\bleft no message\b",
        r"\b(?:backup|alert) (?:task|job|rule)\b|\bnotification type:|\bprocessing initiated\b|"
        r"\ball jobs have failed\b|"
        r"\bwas triggered\b|^\W{0,8}(?:\d+ )?firing alerts?\b|\bproblem started at\b",
        r"\ball items are (?:well|ok)\b|\brotate: nothing\b",
    ),
)
#: fields of a report as programs print it; two of them are two points, one is one
_LABEL = re.compile(
    r"^\W{0,3}(?:status|priority|severity|host|device(?: name| location)?|state|duration|start(?:ed)?(?: time)?|"
    r"end(?:ed)?|"
    r"start time .{1,60}|scan date|queries to|number of images|attachment file type|short description|"
    r"description|summary|"
    r"resolution(?: notes)?|incident#?|ticket(?: id)?|item id|action|balance|threshold|when|where|organi[sz]er|"
    r"customer|"
    r"service|job|info|problem name|original problem id|labels?|error|warning|success|due|amount|total|barcode|type|"
    r"received|category|pages|topic|requester|assigned to|note from attendee|employee|order|reference|location|"
    r"deadline|course|module|event|queue)\s?(?::\s|\d+$)",
    re.I | re.M,
)
_SUBJECT: tuple[_Words, ...] = (
    _row(
        2,
        r"^\W{0,8}(?:success|ok|failed|firing|resolved|recovery|alert|problem)\b(?::\d+)?\]?:?\s.*\d",
        r"^\*\*\W*(?:problem|recovery)|^cron <|^message from \"?\w*\d{3,}|^scan (?:data )?from \w|"
        r"^attached image$|^logwatch\b|"
        r"^fired:sev|^report domain:|^delivery status notification|^warning: message \S+ delayed|^output of your job|"
        r"^confirm \w{4,}$|^end user digest|^scanned (?:image|document|from)",
        r"^\W{0,8}(?:ticket|request|incident|case)\W{0,3}(?:received|id\b|opened|created|acknowledged)",
        r"^(?:support )?ticket opened|^this is your .* receipt$",
        r"\bauto-?reply: ",
        r"^auto: ",
    ),
    _row(
        1,
        r"\b(?:INC|RITM|REQ|CHG)\d{4,}\b|\[[\w .-]{0,20}#?[\w-]*\d{3,}\]|#\d{4,}|\bticket ?#?\d{4,}|"
        r"\bcase \d{4,}|\[id:\d+\]|"
        r"\[request id|\bincident#? ?\d+|\(ticket \d+\)|\b\w+-\d{4}-\d{3,}\b|\brequest id: \w+|\[[a-z]{2,}-\d{3,}\]",
    ),
    _row(
        1,
        r"^(?:your|you have|you['’]ve|reminder|action required|new|missed call|overdue|due on|booking|order|"
        r"receipt|delivery|"
        r"accepted|declined|tentative|cancell?ed|invitation|updated invitation|complete with|this week|recent|"
        r"there['’]s been|"
        r"a new|item ready|low|toner|red alert|document shared|notification|confirmation|undelivered|undeliverable|"
        r"message blocked|quarantine|weekly|daily|monthly|submission|survey)\b",
        r"\b(?:digest|newsletter|bulletin|notification|reminder|receipt|statement is ready|has been|"
        r"is (?:now )?available|"
        r"low balance|requires your|shared \".+\" with you|sent a message|wants to connect|via \w+|completed|"
        r"overdue)\b|"
        r"- opened$|\bhas joined your\b|\bdue:|\bexpire\b|\balert\b|\breply needed\b",
    ),
)
#: mailboxes that services write from; people write from them too, so it is one point
_SERVICE = re.compile(
    r"(?:^|[._+-])(?:alerts?|notif\w*|notices?|digest|newsletters?|news|bulletin|updates?|mailer|system|"
    r"sysadmin|root|cron|daemon|"
    r"nagios|zabbix|grafana|monitor\w*|backups?|scan\w*|copier|printer|xerox|ricoh|canon|voicemail|voip|unity|"
    r"telephony|fax|"
    r"quarantine|gateway|security|calendar|bookings?|orders?|receipts?|track\w*|shipping|survey\w*|jira|"
    r"tickets?|topdesk|"
    r"support|helpdesk|servicedesk|servicehub|service-?now|itsupport|help|desk|bot|automation|workflow|portal|"
    r"sharepoint|"
    r"lib(?:rary)?|circulation|lrc|logwatch|dmarc|listserv|confirm|messages?|invitations?|recordings|meetings|teams|"
    r"courses|studynet|moodle|canvas|blackboard|tiisupport|sits|registration|postroom|accounts?|admin|hello|info|"
    r"service|care|orders|files|dse|outlook|vle|events|noti\w*|stream|attendance|papercut|accommodation|myhr|hr|"
    r"transitions|stats|reports?|messaging|privacy|dataprotection|alumni|office|admissions|reception|international)"
    r"(?:$|[._+-]|\d)",
    re.I,
)
#: a person speaks, asks or tells of somebody
_PERSON = re.compile(
    r"\b(?:he|she|him|his|hers?)\b|\?|"
    r"\bplease (?:ring|phone|text|help|stop|tell|remove|keep|don['’]?t|ask|speak|take|send|give|advise|pass|get|be|"
    r"delete|withdraw|forward|share)\b|"
    r"\b(?:withdraw\w*|consent\w*|confiden\w+|worr(?:y|ied|ying)|scared|afraid|crying|cries|suicid\w*|"
    r"self-harm\w*|hurt\w*|"
    r"unsafe|not safe|hopeless|panic\w*|distress\w*|upset|abus\w+|threaten\w*|hospital|daughter|son|"
    r"flatmates?|housemates?|mum|dad|parents?|father|mother|boyfriend|girlfriend|roommate|died|death|alive)\b",
    re.I,
)
_REPLY = re.compile(r"^\s*(?:re|aw|sv|vs|antw|odp|r|rif|res|ynt)\s?:", re.I)
#: RFC 7489 section 7.2.1.1: the subject of a report that is all attachment
_AGGREGATE_REPORT = re.compile(r"^report domain: .{1,200} report-id:", re.I)
#: how a program's whole letter begins; what stands under it is its own
_BEGINS = re.compile(
    r"^\W{0,80}(?:hi\. )?(?:this is the (?:qmail-send program|mail system at)|"
    r"this message was created automatically by|this is a return receipt for|"
    r"(?:sorry, )?we were unable to deliver your message|delivery has failed to these|"
    r"[\w.@'’-]+(?: [\w'’-]+){0,3} has (?:accepted|declined|tentatively accepted) (?:this|your) invitation|"
    r"nagios\b\W{2,}|logwatch [\d.]+ #|view this e-?mail in your browser|having trouble viewing this|"
    r"microsoft teams meeting\sjoin on|you have \d+ new notifications|item id: \w+\saction:|review these messages\s|"
    r"the e-?mails listed in the section below|your teammates are trying to reach you|"
    r"a message that you sent (?:could|has)|"
    r"the following messages have been quarantined)",
    re.I,
)
_SENTENCES = re.compile(r"(?<=[^\d][.!?])\s+|\n+")
_WRAPPED = re.compile(r"(?<=[^\n]{60})(?<![.!?:,])\n(?=\S)")
#: greetings, closes, rules, numbers and addresses: nobody's sentence
_NOBODYS = re.compile(
    r"^\W{0,8}(?:(?:dear|hello|hi|greetings)(?: [\w'’-]+){0,4}|(?:kind |best |many )?(?:regards|thanks|thank you)|"
    r"sincerely)?\W{0,40}$|"
    r"^[\W\d_]{0,200}$|^\S{0,40}\d\S{0,40}$|^\S{1,80}@\S{1,80}$",
    re.I,
)
_FORWARDED = re.compile(r"^\s*(?:fwd?|wg|tr|rv|i)\s?:", re.I)
_LIST_FOOTER = re.compile(
    r"\bgoogle groups?\b|\bmailing list\b|_{40,}|\b(?:unsubscribe|leave)\b.{0,40}\S{1,80}@\S", re.I
)


def is_from_a_service(message: InboundMessage) -> bool:
    """Tell whether every sentence is a program's, and nobody speaks beside them."""
    said = f"{message.new_text}\n{message.signature}"
    if not said.strip():
        return bool(_AGGREGATE_REPORT.match(message.subject))
    if len(said) > _LONGEST or _FORWARDED.match(message.subject) or _passed_on_by_a_list(message):
        return False
    if _BEGINS.match(" ".join(message.new_text.split())):
        return _nothing_else_is_said(message)
    enough = _ENOUGH_IN_A_REPLY if _REPLY.match(message.subject) else _ENOUGH
    return _points(message, said) >= enough and _nothing_else_is_said(message)


def _points(message: InboundMessage, said: str) -> int:
    found = [row.points for row in _BODY if row.words.search(said)]
    labels = min(2, len({one.casefold() for one in _LABEL.findall(said)}))
    if len(found) + labels < _KINDS:
        return 0
    points = sum(found) + labels
    points += sum(row.points for row in _SUBJECT if row.words.search(message.subject))
    return points + any(_SERVICE.search(one.local_part) for one in message.from_addresses)


def _nothing_else_is_said(message: InboundMessage) -> bool:
    """Tell whether each sentence has a program's words in it, and nobody speaks in what is left of them."""
    text = message.new_text
    said = sorted(found.span() for row in _BODY for found in row.words.finditer(text))
    rest = list(text)
    for start, end in said:
        rest[start:end] = "\0" * (end - start)
    left = "".join(rest)
    if somebody_speaks(f"{message.subject}\n{left}") or _PERSON.search(f"{message.subject}\n{left}"):
        return False
    if _BEGINS.match(" ".join(text.split())):
        return True
    return all(
        "\0" in one or _LABEL.match(one) or _NOBODYS.search(one) for one in _SENTENCES.split(_WRAPPED.sub(" ", left))
    )


def _passed_on_by_a_list(message: InboundMessage) -> bool:
    """A list's footer stands under letters that people wrote."""
    return any(message.all(f"list-{one}") for one in ("id", "post")) or bool(_LIST_FOOTER.search(message.signature))

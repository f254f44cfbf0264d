"""Signature blocks and phone footers, and what tells them from the writer's own lines."""

import re

from intake.parse import bounds

_DELIMITER = re.compile(r"^\s{0,3}(?:--\s?|—|–|__+|-{3,}|\*{3,}|={3,}|~{2,}|_{2,})\s*$")
_FOOTER = re.compile(
    r"^\W{0,3}sen[dt]\sfrom\s(?:my|an?|the|somewhere|yahoo|outlook|mail|samsung|proton|aol|gmail|blue\w+|"
    r"spark)\b.{0,80}$|"
    r"^\W{0,3}(?:sent|written|typed|posted|dictated)\s(?:from|with|via|using|on)\s.{1,80}$|"
    r"^\W{0,3}(?:get|download|télécharger?|obten(?:ir|ez|er|ga)|obter|obtenha|scarica|ottieni|"
    r"hol(?:en)? (?:sie )?(?:sich|dir)?|"
    r"pobierz|hämta|skaffa|hent|ontvang|yükle)\s.{0,20}\b(?:outlook|gmail|yahoo|spark|bluemail)\b.{0,60}$|"
    r"^\W{0,3}(?:outlook|yahoo mail|gmail) (?:for|on|für|pour|para|per|voor) (?:android|ios|iphone|mobile|"
    r"windows|mac)\b.{0,30}$|"
    r"^\W{0,3}(?:envoyé (?:de|depuis|à partir)|gesendet (?:von|mit|aus)|von meinem .{2,30} gesendet|"
    r"enviado (?:desde|do|de|a partir)|"
    r"inviato (?:da|dal)|messaggio inviato|ver(?:zonden|stuurd) (?:vanaf|met|vanuit|via)|wysłan[eoy] z|"
    r"skickat från|sendt fra|"
    r"lähetetty|"
    r"отправлено (?:с|из)|надіслано (?:з|із)|trimis (?:de pe|din)|gönder(?:ildi|en\s)|iphone'?umdan|"
    r"αποστολή από|στάλθηκε από|"
    r"anfonwyd o|odesláno z|odoslané z|poslano s|elküldve|"
    r"[发發來来从從]自?我的.{1,20}(?:发送|發送|手机|手機|iphone|ipad)|发自|發自|iphoneから送信|"
    r"나의 .{1,20}에서 (?:보냄|전송)|"
    r"أُ?رسلت? من|נשלח מ|virus-free|this email has been (?:checked|scanned)).{0,90}$",
    re.I,
)
#: what people say of their phones in the first person
_MY_PHONE = re.compile(r"^\W{0,3}\w+\s\w+\smy\s", re.I)
_EXCUSE = re.compile(
    r"\b(?:excus|apolog|forgiv|sorry|pardon|brevity|typos?|errors?|spelling|autocorrect)\w*\b.{0,60}$", re.I
)
#: what people ask of this service, as they ask it; small print speaks of withdrawing too, but does not ask for it
_ASKS = re.compile(
    r"(?:^\W{0,3}|[.!?;:]\s+|\b(?:please|pls|plz|just|also)\s)(?:withdraw (?:my|the|it|all|everything|consent)\b|"
    r"stop (?:\w+ing|it|this|that|the|all|everything)\b|revoke\b|no more \w+ing\b|"
    r"(?:do not|don['’]?t) (?:share|tell|pass|let|give)\b|take (?:\w+ ){1,3}off\b)",
    re.I,
)
_CONTACT = re.compile(
    r"\b(?:tel|phone|mob|mobile|fax|ext|extn|t|m|e|w|direct|switchboard|bleep|"
    r"text)\b\.?\s?(?:line)?\s?[:.]?\s?[\d+(]|"
    r"\+\d[\d ()-]{7,}|\b0\d{2,5}[ -]?\d{3,4}[ -]?\d{3,4}\b|"
    r"\bext\.? ?\d|https?://|www\.|\b[\w-]+\.(?:ac\.uk|co\.uk|org\.uk|com|org|example)\b|@[\w-]+|"
    r"office hours|\s\|\s|^\||\|$",
    re.I,
)
_TITLE = re.compile(
    r"\b(?:head of|deputy|director|manager|officer|adviser|advisor|counsellor|counselling|practitioner|"
    r"lecturer|professor|"
    r"reader in|senior|coordinator|co-ordinator|administrator|assistant|assistente|president|secretary|"
    r"sec|treasurer|chair|"
    r"chairman|captain|chaplain|chaplaincy|solicitors?|partners|caseworker|nurse|surgery|practice|"
    r"department|dept|school of|"
    r"faculty|institute|constabulary|police|policing|response|ltd|llp|limited|plc|trust|hospital|hospice|"
    r"council|team|lead|"
    r"consultant|registrar|librarian|teacher|mrcgp|frcp|frsa|mbacp|obe|dclinpsy|phd (?:candidate|student)|researcher|"
    r"teaching assistant|representative|rep|ambassador|society|soc|union|club|building|studio|room \w?\d|"
    r"rm \d|established|"
    r"est\.|branch|engineer|technician|physio\w*|carer|healthcare|hca|apprentice|trainee|editor|producer|supervisor|"
    r"warden|ward|nursery|university|college|office|division|services?|relations|allocations|payroll|hr|"
    r"clinic|centre|"
    r"association|federal|fellow|organi[sz]er|convenor|coach|league|netball|hockey|rugby|ski|chess|"
    r"newsdesk|bulletin)\b",
    re.I,
)
_SMALL_PRINT = re.compile(
    r"\b(?:liability|charity|unsubscribe|opt out|receiv(?:e|ing) this|preferences|mailings?|privacy|"
    r"polic(?:y|ies)|retention|"
    r"monitored|recorded|registered|registration|legal|trading|regulated|do not reply|do not change|"
    r"don't (?:print|reply)|print|"
    r"scanned|transcri\w+|confiden\w+|disclaimer|disclosure|privileged|bookings|powered by|get the app|"
    r"prejudice|addressee|"
    r"recipient|ofsted|views|opinions|committed to|in an emergency|ring 999|call 999|dial|consents?|"
    r"reply stop|copyright|"
    r"responsibility|closed|appointments?|enquiries|results|opening|flexibly|working (?:day|days|pattern|hours|part)|"
    r"work part|mon|tue|wed|thu|fri|odd hours|compressed week|expect (?:an answer|same|a reply)|part-time|"
    r"please consider|rights reserved|"
    r"poufna|confidential\w*|regolamento|stampare|sind vertraulich)\b",
    re.I,
)
_STUDENT = re.compile(
    r"\b(?:b\.?sc|ba|b\.?eng|m\.?eng|m\.?sc|ma|llb|llm|mres|bed|pgce|pgdip|phd|mphil|mchem|mphys|msci|"
    r"mpharm|mbchb|mbbs|mpa|mph|"
    r"hnd|hnc|foundation|bmus|bds|"
    r"years? \d|yr ?\d|y\d|\d(?:st|nd|rd|th) (?:year|yr)|(?:first|second|third|fourth|final)[- ]year|"
    r"finalist|student|level \d|"
    r"stage \d|l\d|student (?:no|number|id)|id(?: no)?\.?:?|no\.|cohort)\b|\d{6,9}",
    re.I,
)
_SURELY_STUDENT = re.compile(
    r"\b(?:phd (?:candidate|student)|student|apprentice|postgraduate|undergraduate|year \d|yr ?\d|"
    r"finalist|b\.?sc|ba|llb|msc|ma)\b",
    re.I,
)
_FIRST_PERSON = re.compile(r"\b(?:i(?!\))|i['’]?(?:m|ve|d|ll)|me|my|mine|myself)\b", re.I)
_WORKING_PATTERN = re.compile(
    r"\b(?:work(?:ing)? (?:part|flexibly|day|days|pattern|hours)|mon|tue|wed|thu|fri|odd hours|"
    r"compressed week|expect an? )",
    re.I,
)
_POSTSCRIPT = re.compile(r"^\W{0,3}(?:p\.?\s?s\b|pps\b|n\.?b\b|edit\b|also\b|oh\b|and\b|but\b|sorry\b)", re.I)
_MOTTO = re.compile(r"^[\W_]{0,3}[\"“«„‘'].{3,140}[\"”»“’'][\W_]{0,3}(?:\([^)]{1,30}\))?$")
_CLOSING = re.compile(
    r"^(?:(?:many |with |very |thanks? (?:and|&) |kind(?:est)? |best |warm(?:est)? |yours |"
    r"high(?:est)? )*(?:thanks?|thank you|regards|wishes|"
    r"cheers|sincerely|faithfully|truly|love|best|respect|appreciation|cordially|ta|hugs|blessings|"
    r"respectfully|yours|service))[\s,.!]*$",
    re.I,
)
_MACHINE_NOTE = re.compile(
    r"^\W{0,4}[\[(*#=-]{1,20}.{0,40}\b(?:typed|scanned?|received via|attach\w*|image\d*|photos?|"
    r"transcri\w+|translat\w+|relay|footer|"
    r"found|filed|pasted|delivered|page|ocr|diagonal|end of|reply above|type your reply|external|quality|"
    r"internal)\b.{0,200}$|"
    r"^\W{0,4}\[(?:external|internal|image|cid|attach)\b.{0,200}\]$",
    re.I,
)
_LIST_ITEM = re.compile(r"^[-*#–]{1,2}\s")


def is_delimiter(text: str) -> bool:
    """Tell whether the line stands between a letter and its signature."""
    return bool(_DELIMITER.match(text[: bounds.LINE]))


def is_usenet_delimiter(text: str) -> bool:
    """Tell whether the line is the signature delimiter proper (RFC 3676 section 4.3), trailing space or not."""
    return text.strip() == "--"


def is_footer(text: str) -> bool:
    """Tell whether the line is what a phone or a mail program adds."""
    line = text.strip()
    if len(line) >= 140 or not _FOOTER.match(line) or _ASKS.search(line):
        return False
    return not _FIRST_PERSON.search(_MY_PHONE.sub("", line)) or bool(_EXCUSE.search(line))


def speaks_of_self(text: str) -> bool:
    """Tell whether somebody says I, me or my."""
    return bool(_FIRST_PERSON.search(text[: 4 * bounds.LINE]))


def asks(text: str) -> bool:
    """Tell whether the text begins with what people ask of this service."""
    return bool(_ASKS.match(text))


def is_machine_note(text: str) -> bool:
    """Tell whether the line is a note that a scanner, a relay or a clerk put around the letter."""
    line = text.strip()
    if len(text) >= bounds.LINE or not _MACHINE_NOTE.match(line) or is_writers(line):
        return False
    closing = {"[": "]", "(": ")"}.get(line[0])
    if closing:
        return line.find(closing) == len(line) - 1  # "[relay 1/2] and then the words" is no note
    return not _LIST_ITEM.match(line) or line[-1] == line[0]


def is_closing(text: str) -> bool:
    """Tell whether the line is a complimentary close without a name."""
    return len(text) < 60 and bool(_CLOSING.match(text.strip()))


def is_writers(text: str) -> bool:
    """Tell whether the line reads as a sentence by the writer, wherever it stands."""
    line = text[: 4 * bounds.LINE]
    if _POSTSCRIPT.match(line) or "\t" in line:  # a row of a table
        return True
    if _ASKS.search(line):
        return True
    if "|" in line and len(line) < 100:
        return False
    return bool(_FIRST_PERSON.search(line)) and not _WORKING_PATTERN.search(line)


def is_sentence(text: str) -> bool:
    """Tell whether the line is a plain sentence, which a signature block has none of but small print and mottos."""
    line = text[: bounds.LINE].strip()
    words = line.split()
    if len(words) < 4 or line[-1] not in ".!?" or signature_marks(line) > 1 or _SMALL_PRINT.search(line):
        return False
    if _CONTACT.search(line) or _MOTTO.match(line):
        return False
    return sum(one[0].islower() for one in words) * 2 > len(words)


def is_student_detail(text: str) -> bool:
    """Tell whether the line gives course, year or number, and nothing of a signature block."""
    line = text[: bounds.LINE]
    if not _STUDENT.search(line) or _CONTACT.search(line) or "|" in line or _MOTTO.match(line.strip()):
        return False
    return bool(_SURELY_STUDENT.search(line)) or not _TITLE.search(line)


def is_telephone(text: str) -> bool:
    """Tell whether the line is a telephone number and nothing else."""
    return bool(re.fullmatch(r"[\s+()\d-]{9,25}", text[: bounds.LINE].strip()))


def is_bare_role(text: str) -> bool:
    """Tell whether the line is a role and nothing that only a signature block has."""
    line = text[: bounds.LINE]
    return not (_CONTACT.search(line) or _SMALL_PRINT.search(line) or "|" in line or _MOTTO.match(line.strip()))


def signature_marks(text: str) -> int:
    """Count what marks a line as part of a signature block: contact, role or office, small print, motto."""
    line = text[: 4 * bounds.LINE]
    return sum(bool(one.search(line)) for one in (_CONTACT, _TITLE, _SMALL_PRINT)) + bool(_MOTTO.match(line.strip()))


def has_small_print(text: str) -> bool:
    """Tell whether the line speaks as organisations do under their mail."""
    return bool(_SMALL_PRINT.search(text[: 4 * bounds.LINE]))

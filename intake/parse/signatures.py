"""Signature blocks, phone footers, legal disclaimers and gateway banners: under or over a letter, but not of it."""

import re

from intake.parse import bounds

_DELIMITER = re.compile(r"^\s{0,3}(?:--\s?|—|–|__+|-{3,}|\*{3,}|={3,}|~{2,}|_{2,})\s*$")
_FOOTER = re.compile(
    r"^\W{0,3}(?:sent|send|written|typed|posted|dictated)\s(?:from|with|via|by|using|on)\s(?:my\s|an?\s|"
    r"the\s|somewhere\s)?.{1,80}$|"
    r"^\W{0,3}(?:get|télécharger|obtenir|obtener|scarica|hol(?:en)? sie)\s.{0,20}\b(?:outlook|gmail|yahoo|"
    r"spark|bluemail)\b.{0,60}$|"
    r"^\W{0,3}(?:outlook|yahoo mail|gmail) (?:for|on|für|pour|para) .{1,40}$|"
    r"^\W{0,3}(?:envoyé (?:de|depuis|à partir)|gesendet (?:von|mit|aus)|von meinem .{2,30} gesendet|"
    r"enviado (?:desde|do|de|a partir)|"
    r"inviato (?:da|dal)|messaggio inviato|verzonden (?:vanaf|met|vanuit)|wysłan[eo] z|skickat från|sendt fra|"
    r"lähetetty|"
    r"отправлено (?:с|из)|надіслано (?:з|із)|trimis de pe|gönderildi|iphone'umdan|αποστολή από|στάλθηκε από|anfonwyd o|"
    r"odesláno z|发自我的|從我的|"
    r"iphoneから送信|나의 |أُرسل من|أرسلت من|נשלח מ|virus-free|this email has been (?:checked|scanned)).{0,90}$",
    re.I,
)
_DISCLAIMER = re.compile(
    r"confidential(?:ity)?\b.{0,160}\b(?:intended|addressee|recipient|privileged|disclos\w*|error|delete|"
    r"notice|only)\b|"
    r"\b(?:intended|meant)\b.{0,40}\b(?:solely|only|named|recipient|addressee)|\b(?:named|"
    r"intended)\s(?:recipient|addressee)|"
    r"\b(?:received|reached you)\b.{0,60}\b(?:in error|by mistake)|legally privileged|privileged material|"
    r"(?:consider|think (?:of|about)|think before).{0,40}\b(?:environment|print)|before (?:you )?print|"
    r"registered (?:charity|in england|office|in scotland|in wales)|"
    r"company (?:number|no)|virus|views (?:expressed )?(?:are|in this).{0,40}\b(?:own|author|those)|"
    r"e-?mail (?:and any|may be monitored|carries|is confidential|was sent)|authorised and regulated|"
    r"protective marking|this (?:message|e-?mail|mailbox).{0,80}\b(?:automatically|monitored|watched|"
    r"confidential|intended)",
    re.I,
)
_BANNER = re.compile(
    r"^\W{0,6}(?:caution|warning|external(?: e-?mail| sender| message)?|attention|notice|important|"
    r"be careful|\[!\]|this (?:message|e-?mail) (?:came|originated|was sent) from)"
    r"\b.{0,240}$|^\W{0,6}(?:this )?e-?mail (?:originated|came|was received) from outside|"
    r"^.{0,30}you don'?t often get e-?mail from|^\W{0,6}this sender is not|"
    r"^\W{0,3}(?:official|official[ -–—]+sensitive|internal|protect|restricted)\W{0,3}$",
    re.I,
)
_BANNER_SURE = re.compile(
    r"outside (?:of )?(?:the|your|our)?\s?(?:organi[sz]ation|university|company|network)|"
    r"external (?:sender|e-?mail|message|source)|do not click|"
    r"don'?t often get|not in your address book|be alert|suspicious|^\W{0,6}\[?external\]?\W{0,6}$|came from outside|"
    r"^\W{0,3}official|verified sender|learn why this is important",
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
_FIRST_PERSON = re.compile(r"\b(?:i|i['’]?(?:m|ve|d|ll)|me|my|mine|myself)\b", re.I)
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


def is_delimiter(text: str) -> bool:
    """Tell whether the line stands between a letter and its signature."""
    return bool(_DELIMITER.match(text[: bounds.LINE]))


def is_usenet_delimiter(text: str) -> bool:
    """Tell whether the line is the signature delimiter proper (RFC 3676 section 4.3), trailing space or not."""
    return text.strip() == "--"


def is_footer(text: str) -> bool:
    """Tell whether the line is what a phone or a mail program adds."""
    return len(text) < 140 and bool(_FOOTER.match(text.strip()))


def is_disclaimer(text: str) -> bool:
    """Tell whether a paragraph is a legal disclaimer or the like."""
    return bool(_DISCLAIMER.search(text[: 4 * bounds.LINE])) and not _FIRST_PERSON.search(text[: 4 * bounds.LINE])


def is_banner(text: str) -> bool:
    """Tell whether the line is a mail gateway's warning."""
    line = text[: bounds.LINE].strip()
    return bool(_BANNER.search(line) and _BANNER_SURE.search(line))


def is_machine_note(text: str) -> bool:
    """Tell whether the line is a note that a scanner, a relay or a clerk put around the letter."""
    line = text.strip()
    if line.startswith("[") and not line.endswith("]"):
        return False  # "[relay 1/2] and then the words"
    return len(text) < bounds.LINE and bool(_MACHINE_NOTE.match(line))


def is_closing(text: str) -> bool:
    """Tell whether the line is a complimentary close without a name."""
    return len(text) < 60 and bool(_CLOSING.match(text.strip()))


def is_writers(text: str) -> bool:
    """Tell whether the line reads as a sentence by the writer, wherever it stands."""
    line = text[: 4 * bounds.LINE]
    if _POSTSCRIPT.match(line) or "\t" in line:  # a row of a table
        return True
    if "|" in line and len(line) < 100:
        return False
    return bool(_FIRST_PERSON.search(line)) and not _WORKING_PATTERN.search(line)


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

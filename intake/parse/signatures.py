"""Signature blocks, phone footers, legal disclaimers and gateway banners: under or over a letter, but not of it."""

import re

from intake.parse import bounds

_DELIMITER = re.compile(r"^\s{0,3}(?:--\s?|—|–|__+|-{3,}|\*{3,}|={3,}|~{2,}|_{2,})\s*$")
_FOOTER = re.compile(
    r"^\W{0,3}(?:sent|send|written|typed|posted|dictated)\s(?:from|with|via|by|using|on)\s(?:my\s|an?\s|the\s|somewhere\s)?.{1,80}$|"
    r"^\W{0,3}(?:get|télécharger|obtenir|obtener|scarica|hol(?:en)? sie)\s.{0,20}\b(?:outlook|gmail|yahoo|spark|bluemail)\b.{0,60}$|"
    r"^\W{0,3}(?:outlook|yahoo mail|gmail) (?:for|on|für|pour|para) .{1,40}$|"
    r"^\W{0,3}(?:envoyé (?:de|depuis|à partir)|gesendet (?:von|mit|aus)|von meinem .{2,30} gesendet|enviado (?:desde|do|de|a partir)|"
    r"inviato (?:da|dal)|messaggio inviato|verzonden (?:vanaf|met|vanuit)|wysłane z|skickat från|sendt fra|lähetetty|"
    r"отправлено (?:с|из)|trimis de pe|gönderildi|iphone'umdan|αποστολή από|στάλθηκε από|anfonwyd o|odesláno z|发自我的|從我的|"
    r"iphoneから送信|나의 |أُرسل من|أرسلت من|נשלח מ|virus-free|this email has been (?:checked|scanned)).{0,90}$",
    re.I,
)
_DISCLAIMER = re.compile(
    r"confidential(?:ity)?\b.{0,160}\b(?:intended|addressee|recipient|privileged|disclos|error|delete|notice|only)|"
    r"\b(?:intended|meant)\b.{0,40}\b(?:solely|only|named|recipient|addressee)|\b(?:named|intended)\s(?:recipient|addressee)|"
    r"\b(?:received|reached you)\b.{0,60}\b(?:in error|by mistake)|legally privileged|privileged material|"
    r"(?:consider|think (?:of|about)|think before).{0,40}\b(?:environment|print)|before (?:you )?print|registered (?:charity|in england|office|in scotland|in wales)|"
    r"company (?:number|no)|virus|views (?:expressed )?(?:are|in this).{0,40}\b(?:own|author|those)|"
    r"e-?mail (?:and any|may be monitored|carries|is confidential|was sent)|authorised and regulated|"
    r"protective marking|this (?:message|e-?mail|mailbox).{0,80}\b(?:automatically|monitored|watched|confidential|intended)",
    re.I,
)
_BANNER = re.compile(
    r"^\W{0,6}(?:caution|warning|external(?: e-?mail| sender| message)?|attention|notice|important|be careful|\[!\]|this (?:message|e-?mail) (?:came|originated|was sent) from)"
    r"\b.{0,240}$|^\W{0,6}(?:this )?e-?mail (?:originated|came|was received) from outside|"
    r"^.{0,30}you don'?t often get e-?mail from|^\W{0,6}this sender is not|scanned by \w+|"
    r"^\W{0,3}(?:official|official[ -–—]+sensitive|internal|protect|restricted)\W{0,3}$",
    re.I,
)
_BANNER_SURE = re.compile(
    r"outside (?:of )?(?:the|your|our)?\s?(?:organi[sz]ation|university|company|network)|external (?:sender|e-?mail|message|source)|do not click|"
    r"don'?t often get|not in your address book|be alert|suspicious|^\W{0,6}\[?external\]?\W{0,6}$|came from outside|scanned by|"
    r"^\W{0,3}official|verified sender|learn why this is important",
    re.I,
)
_CONTACT = re.compile(
    r"\b(?:tel|phone|mob|mobile|fax|ext|extn|t|m|e|w|direct|switchboard)\b\.?\s?[:.]?\s?[\d+(]|\+\d[\d ()-]{7,}|\b0\d{2,5}[ -]?\d{3,4}[ -]?\d{3,4}\b|"
    r"\bext\.? ?\d|https?://|www\.|\b[\w-]+\.(?:ac\.uk|co\.uk|org\.uk|com|org|example)\b|@[\w-]+|office hours|\|",
    re.I,
)
_TITLE = re.compile(
    r"\b(?:head of|deputy|director|manager|officer|adviser|advisor|counsellor|practitioner|lecturer|professor|reader in|"
    r"senior|coordinator|co-ordinator|administrator|assistant|president|secretary|treasurer|chair|captain|chaplain|solicitor|"
    r"partner|caseworker|nurse|surgery|practice|department of|school of|faculty|institute|centre|center|constabulary|police|"
    r"ltd|llp|limited|plc|trust|hospital|council|team leader|consultant|registrar|dean|librarian|teacher|mrcgp|frcp|dclinpsy|"
    r"phd candidate|doctoral researcher|postgraduate researcher|teaching assistant|representative|ambassador|society|union|"
    r"she/her|he/him|they/them|building|room [a-z]?\d|working (?:days|hours|pattern)|i work|my working|established|branch)\b",
    re.I,
)
_STUDENT = re.compile(
    r"\b(?:bsc|ba|beng|meng|msc|ma|llb|llm|mres|bed|pgce|pgdip|phd|mphil|mchem|mphys|msci|mbchb|mbbs|hnd|foundation|"
    r"year \d|yr ?\d|\d(?:st|nd|rd|th) year|(?:first|second|third|fourth|final)[- ]year|student|level \d|stage \d|"
    r"student (?:no|number|id)|id(?: no)?\.?:?|no\.?) ?",
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
    return bool(_DISCLAIMER.search(text[: 4 * bounds.LINE]))


def is_banner(text: str) -> bool:
    """Tell whether the line is a mail gateway's warning."""
    line = text[: bounds.LINE].strip()
    return bool(_BANNER.search(line) and _BANNER_SURE.search(line))


def looks_like_contact_block(lines: list[str]) -> bool:
    """Tell whether trailing short lines are a signature block (role, office, telephone) and not name, course, number."""
    marks = sum(bool(_CONTACT.search(one)) + bool(_TITLE.search(one)) for one in lines)
    student = sum(bool(_STUDENT.search(one)) for one in lines)
    return marks >= 1 and marks > student

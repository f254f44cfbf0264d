"""Signature blocks, phone footers, legal disclaimers and gateway banners: under or over a letter, but not of it."""

import re

from intake.parse import bounds

_DELIMITER = re.compile(r"^\s{0,3}(?:--\s?|—|–|__+|-{3,}|\*{3,}|={3,}|~{2,}|_{2,})\s*$")
_FOOTER = re.compile(
    r"^\W{0,3}sen[dt]\sfrom\s(?:my|an?|the|somewhere|yahoo|outlook|mail|samsung|proton|aol|gmail|blue\w+|spark)\b.{0,80}$|"
    r"^\W{0,3}(?:sent|written|typed|posted|dictated)\s(?:from|with|via|using|on)\s.{1,80}$|"
    r"^\W{0,3}(?:get|download|télécharger?|obten(?:ir|ez|er|ga)|obter|obtenha|scarica|ottieni|hol(?:en)? (?:sie )?(?:sich|dir)?|"
    r"pobierz|hämta|skaffa|hent|ontvang|yükle)\s.{0,20}\b(?:outlook|gmail|yahoo|spark|bluemail)\b.{0,60}$|"
    r"^\W{0,3}(?:outlook|yahoo mail|gmail) (?:for|on|für|pour|para|per|voor) (?:android|ios|iphone|mobile|windows|mac)\b.{0,30}$|"
    r"^\W{0,3}(?:envoyé (?:de|depuis|à partir)|gesendet (?:von|mit|aus)|von meinem .{2,30} gesendet|"
    r"enviado (?:desde|do|de|a partir)|"
    r"inviato (?:da|dal)|messaggio inviato|ver(?:zonden|stuurd) (?:vanaf|met|vanuit|via)|wysłan[eoy] z|skickat från|sendt fra|"
    r"lähetetty|"
    r"отправлено (?:с|из)|надіслано (?:з|із)|trimis (?:de pe|din)|gönder(?:ildi|en\s)|iphone'?umdan|αποστολή από|στάλθηκε από|"
    r"anfonwyd o|odesláno z|odoslané z|poslano s|elküldve|"
    r"[发發來来从從]自?我的.{1,20}(?:发送|發送|手机|手機|iphone|ipad)|发自|發自|iphoneから送信|"
    r"나의 .{1,20}에서 (?:보냄|전송)|"
    r"أُ?رسلت? من|נשלח מ|virus-free|this email has been (?:checked|scanned)).{0,90}$",
    re.I,
)
#: what people say of their phones, and of nothing else, in the first person
_EXCUSE = re.compile(
    r"\b(?:excus|apolog|forgiv|sorry|pardon|brevity|typos?|errors?|spelling|autocorrect)\w*\b.{0,60}$|"
    r"^\W{0,3}\w+\s\w+\smy\s(?:\S+\s?){1,4}$",
    re.I,
)
_DISCLAIMER = re.compile(
    r"confidential(?:ity)?\b.{0,160}\b(?:intended|addressee|recipient|privileged|disclos\w*|error|delete|"
    r"notice|only)\b|"
    r"\b(?:intended|meant)\b.{0,40}\b(?:solely|only|named|recipient|addressee)|\b(?:named|"
    r"intended)\s(?:recipient|addressee)|"
    r"legally privileged|privileged material|"
    r"(?:consider|think (?:of|about)|think before).{0,40}\b(?:environment|print)|before (?:you )?print|"
    r"registered (?:charity|in england|office|in scotland|in wales)|"
    r"views (?:expressed )?(?:are|in this).{0,40}\b(?:own|author|those)|"
    r"e-?mail (?:and any|may be monitored|carries|is confidential|was sent)|authorised and regulated|"
    r"protective marking|this (?:message|e-?mail|mailbox).{0,80}\b(?:automatically|monitored|watched|"
    r"confidential|intended)",
    re.I,
)
#: words of disclaimers that letters have too, and what a disclaimer says beside them
_DISCLAIMER_PERHAPS = re.compile(
    r"\b(?:received|reached you)\b.{0,60}\b(?:in error|by mistake)|company (?:number|no)|\bvirus", re.I
)
_DISCLAIMER_BESIDE = re.compile(
    r"\b(?:e-?mails?|messages?|communication|sender|recipient|notify|attachments?|scan\w*|checked|software|liab\w+|"
    r"damage|england|wales|ltd|limited|plc|vat)\b",
    re.I,
)
#: the same in other languages: confidential, meant only for, reached you by mistake
_DISCLAIMER_ABROAD = re.compile(
    r"\b(?:vertraulich\w*|confiden[tc]ie\w+|confidencia\w+|confidenzial\w+|riservat\w+|vertrouwelijk\w*|konfidentiel\w*|"
    r"poufn\w+|konfidencjaln\w+|luottamuksel\w+|fortrolig\w*|gizli\w*|конфиденциальн\w+)\b.{0,300}\b(?:"
    r"adressat\w*|empfänger\w*|bestimmt|irrtümlich|destinatair\w*|destinatari\w*|erreur|error|engano|errore|"
    r"geadresseerde\w*|bestemd|abusievelijk|adressat\w*|odbiorc\w*|pomyłk\w*|vastaanottaj\w*|modtager\w*|mottak\w*|alıcı\w*|"
    r"получател\w*|ошибк\w*)|"
    r"\b(?:irrtümlich erhalten|reçu ce (?:message|courriel|mail) par erreur|recibido (?:este|por error)|ricevuto .{0,40} per errore|"
    r"recebeu .{0,40} por engano|ten onrechte|av misstag|przez pomyłkę)\b",
    re.I,
)
_FIRST_PERSON_ABROAD = re.compile(
    r"\b(?:ich|mich|mir|mein\w*|je|j['’]|moi|mon|mes|yo|mi|mis|io|mio|mia|eu|meu|minha|ik|mijn|jag|mig|min|jeg|"
    r"moje\w*|mnie|benim|я|мне|мой)\b",
    re.I,
)
_DISCLAIMER_REST = re.compile(
    r"^\W{0,4}(?:thank you for your co-?operation|i{1,3}v?\)|[a-d]\)|\d\)|.{0,40}\b(?:secure (?:e-?mail|service)|mail service)\b|"
    r"(?:confidentiality|legal|privacy)?\s?(?:notice|disclaimer|statement)\W*$|confidential\W*$)",
    re.I,
)
_UNAUTHORISED = re.compile(r"\bunauthori[sz]ed\b.{0,60}\b(?:prohibited|unlawful|forbidden)|free (?:of|from) virus", re.I)
_BANNER = re.compile(
    r"^\W{0,6}(?:caution|warning|external(?: e-?mail| sender| message)?|attention|notice|important|"
    r"be careful|\[!\]|this (?:message|e-?mail) (?:is from|came|originated|was sent)|"
    r"achtung|vorsicht|warnung|avertissement|atención|attenzione|atenção|let op|uwaga|varning|obs|huomio|dikkat)"
    r"\b.{0,240}$|^\W{0,6}(?:this )?e-?mail (?:originated|came|was received) from outside|"
    r"^.{0,60}(?<!\bi )don'?t often get e-?mail from|^\W{0,6}this sender is not|"
    r"^\W{0,3}(?:official|official[ -–—]+sensitive|internal|protect|restricted)\W{0,3}$|^\w{0,40}banner(?:start|end)$",
    re.I,
)
_BANNER_SURE = re.compile(
    r"outside (?:of )?(?:the|your|our)?\s?(?:organi[sz]ation|university|company|network)|"
    r"external (?:sender|e-?mail|message|source|address)|do not click|"
    r"don'?t often get|not in your address book|be alert|suspicious|^\W{0,6}\[?external\]?\W{0,6}$|came from outside|"
    r"^\W{0,3}official|verified sender|learn why this is important|banner(?:start|end)$|"
    r"extern\w* (?:absender|e-?mail|nachricht|afzender|avsändare|afsender)|(?:expéditeur|courriel|message) externe|"
    r"(?:remitente|correo|remetente) externo|mittente esterno|(?:zewnętrzn\w+|ulkopuolel\w+|kuruluş dışı\w*)",
    re.I,
)
_BANNER_REST = re.compile(
    r"\b(?:click|links?|attachments?|suspicious|phishing|report|recogni[sz]e|trust|genuine|sender|safe|service desk|"
    r"help ?desk|cyber|caution|cautious|be careful|anhänge|pièces jointes|adjuntos|allegati|bijlagen)\b|banner(?:start|end)$",
    re.I,
)
#: words with which people ask this service for something; no signature block and no program uses them so
_ASKS = re.compile(
    r"\b(?:withdr[ae]w(?:n|s|ing|al)?|revok\w+|no longer|stop(?:ping)? (?:\w+ing|it|this|that|the|all|everything|my)\b|"
    r"(?:do not|don['’]?t) (?:share|tell|pass|contact|call|write|let)|take (?:\w+ ){1,3}off)\b",
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
    return not _FIRST_PERSON.search(line) or bool(_EXCUSE.search(line))


def is_disclaimer(text: str) -> bool:
    """Tell whether a paragraph is a legal disclaimer or the like."""
    paragraph = text[: 4 * bounds.LINE]
    if _FIRST_PERSON.search(paragraph) or _ASKS.search(paragraph):
        return False
    if _DISCLAIMER.search(paragraph) or _UNAUTHORISED.search(paragraph):
        return True
    if _DISCLAIMER_PERHAPS.search(paragraph) and _DISCLAIMER_BESIDE.search(paragraph):
        return True
    return bool(_DISCLAIMER_ABROAD.search(paragraph)) and not _FIRST_PERSON_ABROAD.search(paragraph)


def goes_with_disclaimer(text: str) -> bool:
    """Tell whether a line is nobody's sentence where it stands beside a disclaimer."""
    line = text[: 4 * bounds.LINE]
    return not is_writers(line) and bool(is_disclaimer(line) or _SMALL_PRINT.search(line) or _DISCLAIMER_REST.search(line))


def is_disclaimers_heading(text: str) -> bool:
    """Tell whether the line is a heading that a disclaimer stands under."""
    return bool(re.match(r"^\W{0,4}(?:\w+ )?(?:confidentiality|legal|privacy|e-?mail)\s(?:notice|disclaimer|statement)\W*$", text, re.I))


def is_banner(text: str) -> bool:
    """Tell whether the line is a mail gateway's warning."""
    line = text[: bounds.LINE].strip()
    return bool(_BANNER.search(line) and _BANNER_SURE.search(line)) and not is_writers(line)


def goes_with_banner(text: str) -> bool:
    """Tell whether a line right under a gateway's warning belongs to it."""
    line = text[: bounds.LINE].strip()
    return is_delimiter(line) or (bool(_BANNER_REST.search(line)) and not is_writers(line))


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
    if _ASKS.search(line):
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

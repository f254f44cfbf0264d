"""Legal disclaimers under a letter and gateways' warnings over it: what organisations add to their people's mail."""

import re

from intake.parse import bounds
from intake.parse.signatures import asks, has_small_print, is_delimiter, is_writers, speaks_of_self

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
    r"damage|destroy|delete|telephone|third part\w+|england|wales|ltd|limited|plc|vat)\b",
    re.I,
)
#: the same in other languages: confidential, meant only for, reached you by mistake
_DISCLAIMER_ABROAD = re.compile(
    r"\b(?:vertraulich\w*|confiden[tc]ie\w+|confidencia\w+|confidenzial\w+|riservat\w+|vertrouwelijk\w*|"
    r"konfidentiel\w*|"
    r"poufn\w+|konfidencjaln\w+|luottamuksel\w+|fortrolig\w*|gizli\w*|конфиденциальн\w+)\b.{0,300}\b(?:"
    r"adressat\w*|empfänger\w*|bestimmt|irrtümlich|destinatair\w*|destinatari\w*|erreur|error|engano|errore|"
    r"geadresseerde\w*|bestemd|abusievelijk|adressat\w*|odbiorc\w*|pomyłk\w*|vastaanottaj\w*|modtager\w*|"
    r"mottak\w*|alıcı\w*|"
    r"получател\w*|ошибк\w*)|"
    r"\b(?:irrtümlich erhalten|reçu ce (?:message|courriel|mail) par erreur|recibido (?:este|por error)|"
    r"ricevuto .{0,40} per errore|"
    r"recebeu .{0,40} por engano|ten onrechte|av misstag|przez pomyłkę)\b",
    re.I,
)
_FIRST_PERSON_ABROAD = re.compile(
    r"\b(?:ich|mich|mir|mein\w*|je|j['’]|moi|mon|mes|yo|mi|mis|io|mio|mia|eu|meu|minha|ik|mijn|jag|mig|min|jeg|"
    r"moje\w*|mnie|benim|я|мне|мой)\b",
    re.I,
)
_DISCLAIMER_REST = re.compile(
    r"^\W{0,4}(?:thank you for your co-?operation|i{1,3}v?\)|[a-d]\)|\d\)|.{0,40}\b(?:secure (?:e-?mail|"
    r"service)|mail service)\b|"
    r"(?:confidentiality|legal|privacy)?\s?(?:notice|disclaimer|statement)\W*$|confidential\W*$)",
    re.I,
)
_UNAUTHORISED = re.compile(
    r"\bunauthori[sz]ed\b.{0,60}\b(?:prohibited|unlawful|forbidden)|free (?:of|from) virus", re.I
)
_BANNER = re.compile(
    r"^\W{0,6}(?:caution|warning|external(?=\s?[\]:!–-]|$| e-?mail| sender| message| source)|attention|notice|"
    r"important|"
    r"be careful|\[!\]|this (?:message|e-?mail) (?:is from|came|originated|was sent)|"
    r"achtung|vorsicht|warnung|avertissement|atención|attenzione|atenção|let op|uwaga|varning|obs|huomio|dikkat)"
    r"\b.{0,240}$|^\W{0,6}(?:this )?e-?mail (?:originated|came|was received) from outside|"
    r"^.{0,60}(?<!\bi )don'?t often get e-?mail from|^\W{0,6}this sender is not|"
    r"^\W{0,3}(?:official|official[ -–—]+sensitive|internal|protect|restricted)\W{0,3}$|^\w{0,40}banner(?:start|"
    r"end)$",
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
    r"help ?desk|cyber|caution|cautious|be careful|anhänge|pièces jointes|adjuntos|allegati|bijlagen)\b|"
    r"banner(?:start|end)$",
    re.I,
)


def is_disclaimer(text: str) -> bool:
    """Tell whether a paragraph is a legal disclaimer or the like."""
    paragraph = text[: 4 * bounds.LINE]
    if speaks_of_self(paragraph) or asks(paragraph):
        return False
    if _DISCLAIMER.search(paragraph) or _UNAUTHORISED.search(paragraph):
        return True
    if _DISCLAIMER_PERHAPS.search(paragraph) and _DISCLAIMER_BESIDE.search(paragraph):
        return True
    return bool(_DISCLAIMER_ABROAD.search(paragraph)) and not _FIRST_PERSON_ABROAD.search(paragraph)


def goes_with_disclaimer(text: str) -> bool:
    """Tell whether a line is nobody's sentence where it stands beside a disclaimer."""
    line = text[: 4 * bounds.LINE]
    return not is_writers(line) and bool(is_disclaimer(line) or has_small_print(line) or _DISCLAIMER_REST.search(line))


def is_disclaimers_heading(text: str) -> bool:
    """Tell whether the line is a heading that a disclaimer stands under."""
    return bool(
        re.match(
            r"^\W{0,4}(?:\w+ )?(?:confidentiality|legal|privacy|e-?mail)\s(?:notice|disclaimer|statement)\W*$",
            text,
            re.I,
        )
    )


def is_banner(text: str) -> bool:
    """Tell whether the line is a mail gateway's warning."""
    line = text[: bounds.LINE].strip()
    return bool(_BANNER.search(line) and _BANNER_SURE.search(line)) and not speaks_of_self(line)


def goes_with_banner(text: str) -> bool:
    """Tell whether a line right under a gateway's warning belongs to it."""
    line = text[: bounds.LINE].strip()
    return is_delimiter(line) or (bool(_BANNER_REST.search(line)) and not is_writers(line))

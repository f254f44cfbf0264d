"""Where a message's earlier messages begin: attribution lines and header blocks, in the mail clients' languages."""

import re

from intake.parse import bounds

#: verbs that end "On Monday Ann wrote:", in the clients' languages
_WROTE = (
    r"wrote|writes|schrieb|a écrit|escribió|escreveu|ha scritto|schreef|napisał(?:\(a\)|a)?|skrev|kirjoitti|"
    r"pisze|a scris|yazdı|نوشت|şunu yazdı|έγραψε|пишет|писал(?:\(а\)|а)?|написал(?:\(а\)|а)?|пише|написав|"
    r"napsal(?:\(a\)|a)?|"
    r"napísal(?:\(a\)|a)?|írta|đã viết|menulis|ysgrifennodd|scríobh|ha escrit|je napisao|je napisala|"
    r"написа|כתב(?:ה)?|كتب|"
    r"写道|寫道|のメール|さんは書きました|작성"
)
_ATTRIBUTION_END = re.compile(
    rf"(?:\b|(?<=[\s>)]))(?:{_WROTE})\b[^:：]{{0,80}}[:：]\s*$|(?:写道|寫道|작성|のメール)\s*[:：]\s*$", re.I
)
_ATTRIBUTION_START = re.compile(
    r"^\W{0,3}(?:On|Am|Le|El|Em|Il|Op|W dniu|Dnia|Den|På|Pe|Στις|Vào|Pada|Ar|Dne|Dňa|El dia|Il giorno|Ngày|Tarihinde|"
    r"On [A-Z]\w+day)\b",
)
_ON_WROTE_INLINE = re.compile(r"^\W{0,6}On\b.{3,160}?\b(?:wrote|writes)\s*:", re.I)
_DATED = re.compile(
    r"\d{1,4}[./-]\d{1,2}|\b\d{1,2}[:.]\d{2}\b|\b(?:19|20)\d\d\b|年|\b(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|"
    r"may|jun|jul|aug|sep|oct|nov|dec)\w{0,6}\b",
    re.I,
)
_CLOCK = re.compile(r"(?<![\d.])\d{1,2}[:.h]\d{2}(?!\d|\.\d)|\d[時点点]")
_ONLY_DATE = re.compile(
    r"(?:(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|"
    r"october|november|december|today|tomorrow|now|\d{1,4}(?:st|nd|rd|th)?|of|the|[,./-])\s?)+",
    re.I,
)
_FIRST_PERSON = re.compile(r"(?<![<@.])\b(?:i|me|my|mein\w?|mon|mi|mio|meu|mijn|min)\b(?![.@])", re.I)
#: GroupWise: ">>> Ann Bell <ann@x.example> 20/11/2025 09:12 >>>"
_ARROWS = re.compile(r"^>>>\s[^>]{1,100}(?:>\s.{0,60})?\d.{0,60}>>>$")
_TITLED_RULE = re.compile(r"^[-_=*]{3,}\s?\S.{0,60}\S\s?[-_=*]{3,}$")
_FACE = re.compile(r"^>(?:[:;=8]['-]?[()\[\]/\\|<>{}DPpOo3]|_+[<>]|\.[<>])")
_ADDRESS = re.compile(r"<?[^\s<>@]{1,100}@[^\s<>@]{1,100}>?")
_SEPARATOR = re.compile(
    r"^\W{0,3}[-_*—–~=]{2,}\s{0,3}(?:"
    r"original (?:message|e-?mail|appointment)|forwarded (?:message|by|e-?mail)|forward(?:ed)?\b|fwd?\b|"
    r"reply (?:message|below)|"
    r"ursprüngliche nachricht|original-?nachricht|weitergeleitete nachricht|message d['’]origine|"
    r"message (?:original|transféré)|"
    r"mensaje (?:original|reenviado)|mensagem (?:original|encaminhada)|messaggio (?:originale|inoltrato)|"
    r"(?:oorspronkelijk|doorgestuurd) bericht|(?:oryginalna wiadomość|wiadomość (?:oryginalna|przekazana))|"
    r"(?:ursprungligt|vidarebefordrat) meddelande|(?:opprinnelig|videresendt) melding|(?:oprindelig|"
    r"videresendt) (?:meddelelse|besked)|"
    r"(?:alkuperäinen|välitetty) viesti|(?:orijinal|iletilen) (?:mesaj|ileti)|(?:αρχικό|προωθημένο) μήνυμα|"
    r"(?:исходное|пересылаемое|пересланное) сообщение|原始邮件|原始郵件|转发(?:的)?邮件|"
    r"轉寄(?:的)?郵件|元のメッセージ|転送(?:された)?メッセージ|"
    r"원본 메시지|전달된 메시지|neges wreiddiol|mesaj (?:original|redirecționat)|původní (?:zpráva|e-?mail)|"
    r"eredeti üzenet)"
    r".{0,80}$|"
    r"^(?:begin forwarded message|début du message (?:transféré|réexpédié)|"
    r"anfang der weitergeleiteten (?:nachricht|e-mail)|"
    r"inicio del mensaje reenviado|inizio messaggio inoltrato|início da mensagem (?:encaminhada|reencaminhada)|"
    r"begin doorgestuurd bericht|forwarded (?:message|reply)(?: below)?)\s*[:：]?$|^-{2,}\s.{2,60}\bwrote\s-{2,}$",
    re.I,
)
_FROM = (
    "from|von|de|da|van|från|fra|od|от|від|发件人|寄件者|寄件人|差出人|보낸 사람|보낸사람|gönderen|kimden|de la|από|"
    "lähettäjä|oddi wrth|من|מאת|feladó|expéditeur|remitente|mittente|afzender|från|expeditor|odesílatel|"
    "nadawca|pošiljatelj|o"
)
_OTHERS = (
    "sent|date|to|cc|bcc|subject|reply-to|importance|gesendet|datum|an|betreff|envoyé|date|à|objet|enviado(?: el)?|"
    "enviada(?: em)?|fecha|data|para|asunto|assunto|inviato|a|oggetto|verzonden|aan|onderwerp|skickat|"
    "till|ämne|sendt|til|"
    "emne|wysłano|do|temat|отправлено|дата|кому|тема|发送时间|日期|收件人|主题|主旨|"
    "送信日時|宛先|件名|보낸 날짜|받는 사람|제목|"
    "gönderildi|tarih|kime|konu|trimis|către|subiect|στάλθηκε|προς|θέμα|lähetetty|vastaanottaja|aihe|"
    "anfonwyd|at|pwnc|"
    "تاريخ|إلى|الموضوع|נשלח|אל|נושא|küldve|címzett|tárgy|odesláno|komu|předmět|sent by|received|attachments"
)
_FIELD_FROM = re.compile(rf"^[\s*>_]{{0,4}}\*?(?:{_FROM})(?:\s?/\s?(?:{_FROM}))?\s?\*?\s?[:：]\s?\*?", re.I)
_FIELD_OTHER = re.compile(rf"^[\s*>_]{{0,4}}\*?(?:{_OTHERS})(?:\s?/\s?(?:{_OTHERS}))?\s?\*?\s?[:：]", re.I)


def is_attribution(text: str) -> bool:
    """Tell whether `text` (one line, or two or three joined) says who wrote what follows and when."""
    text = text[: bounds.LINE].strip(" \t-_")
    if not text or text[-1] not in ":：" or text.lower().startswith("you "):
        return False
    if _ATTRIBUTION_END.search(text):
        return bool(_ATTRIBUTION_START.match(text) or _DATED.search(text) or _ADDRESS.search(text) or len(text) <= 60)
    # Some clients use no verb at all: "2025年11月18日(火) 16:30 Ann <ann@a.example>:"
    return bool(
        _ADDRESS.search(text)
        and _DATED.search(text)
        and (text.endswith((">:", "):", ">：")) or _ATTRIBUTION_START.match(text))
    )


def is_by_hand(text: str) -> bool:
    """Tell whether the writer put an attribution themselves: "On Monday my tutor wrote:"."""
    return bool(_FIRST_PERSON.search(text[: bounds.LINE]))


def is_by_program(text: str) -> bool:
    """Tell whether an attribution has an address or a time of day, as mail programs write them."""
    return bool(_ADDRESS.search(text[: bounds.LINE]) or _CLOCK.search(text[: bounds.LINE]))


def has_attribution_inside(text: str) -> bool:
    """Tell whether a line begins "On ... wrote:" and goes on with the quoted words."""
    line = text[: bounds.LINE].rstrip()
    match = _ON_WROTE_INLINE.match(line)
    return bool(match and match.end() < len(line) and _DATED.search(match.group()) and not is_by_hand(match.group()))


def is_quote_marked(text: str) -> bool:
    """Tell whether a line begins with a quote mark that is no face: ">" but not ">:(" and not "> here <"."""
    return text.startswith(">") and not text.endswith("<") and not _FACE.match(text) and not _ARROWS.match(text)


def starts_attribution(text: str) -> bool:
    """Tell whether an attribution may begin here and end on the next line."""
    return bool(_ATTRIBUTION_START.match(text[: bounds.LINE]))


def may_introduce(text: str) -> bool:
    """Tell whether a line right above a marked quote introduces it, in whatever words: "Zitat von <a@b.example>:"."""
    line = text[: bounds.LINE].strip()
    return line[-1:] in ":：" and bool(_ADDRESS.search(line) or _CLOCK.search(line)) and not _FIRST_PERSON.search(line)


def is_dated(text: str) -> bool:
    """Tell whether a line holds a date or a time."""
    return bool(_DATED.search(text[: bounds.LINE]))


def is_separator(text: str) -> bool:
    """Tell whether the line says that an original or forwarded message follows."""
    line = text[: bounds.LINE].strip()
    return bool(_SEPARATOR.match(line) or _ARROWS.match(line))


def is_titled_rule(text: str) -> bool:
    """Tell whether a line is a rule with a few words in it, as programs put over a header block."""
    return bool(_TITLED_RULE.match(text[: bounds.LINE].strip()))


def is_from_field(text: str) -> bool:
    """Tell whether the line is the From line of a quoted header block, and not "From: June" over "To: July"."""
    match = _FIELD_FROM.match(text[: bounds.LINE])
    return bool(match and not _ONLY_DATE.fullmatch(text[match.end() : bounds.LINE].strip()))


def is_lone_from_field(text: str) -> bool:
    """Tell whether a From line that stands alone names somebody, as a client without further fields writes it."""
    match = _FIELD_FROM.match(text[: bounds.LINE])
    if match is None or len(match.group().strip(" :：*>_")) < 3:
        return False
    value = text[match.end() : bounds.LINE].strip()
    words = re.findall(r"[^\s,()<>|]+", value)
    if not 1 <= len(words) <= 10 or value.endswith((".", "!", "?")):
        return False
    small = {"of", "the", "and", "for", "de", "van", "von", "&", "-", "–"}
    return all(one[0].isupper() or one in small or "@" in one for one in words)


def from_value(text: str) -> str:
    """Give what stands after the colon of a From line; "" where it is none."""
    match = _FIELD_FROM.match(text[: bounds.LINE])
    return text[match.end() : bounds.LINE].strip() if match else ""


def is_other_field(text: str) -> bool:
    """Tell whether the line is another line of a quoted header block (Sent, To, Subject)."""
    return bool(_FIELD_OTHER.match(text[: bounds.LINE]))

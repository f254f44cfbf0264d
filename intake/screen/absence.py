"""Out-of-office replies that no header field gives away: the whole letter says that somebody is away, and nothing else.

A person's letter that talks of being away has more in it; then it is a letter.
"""

import re

_LONGEST = 1_500
_SENTENCES = re.compile(r"(?<=[^\d][.!?。！])\s+|\n+")
_AWAY = re.compile(
    r"\b(?:i am|i'm|i will be)\b.{0,25}\b(?:out of (?:the |my )?office|away|on (?:\w+ )?leave|on (?:holiday|"
    r"vacation)|off work)\b|"
    r"\b(?:out of (?:the )?office|on annual leave)\b.{0,20}\buntil\b|\b(?:i no longer work|i work part|"
    r"i do not work|i only work)\b|"
    r"\b(?:nicht im (?:büro|haus\w*)|außer haus|im urlaub|abwesend)\b|"
    r"\b(?:absente?|en (?:congés?|vacances)|absente? du bureau)\b|"
    r"\bfuera de (?:la )?oficina|de vacaciones\b|\bfuori (?:ufficio|sede)|in ferie\b|"
    r"\bfora do escritório|de férias\b|\bniet (?:op|aan)\w* (?:kantoor|het werk)|afwezig|met vakantie\b|"
    r"\bpoza biurem|na urlopie|nieobecn\w+\b|\binte på (?:kontoret|jobbet)|semester|frånvarande\b|"
    r"\bikke på (?:kontoret|jobb)|på ferie\b|\blomalla|poissa\b|\bотпуске\b",
    re.I,
)
_BACK = re.compile(
    r"\b(?:will|shall) (?:\w+ )?(?:return|be back|reply|respond|answer|get back)|\bon my return|\breturning on|"
    r"\bwhen i (?:am back|return)|"
    r"\b(?:please )?(?:contact|ring|call|email|send|direct|refer)\b.{0,60}\b(?:reception|office|team|colleague|"
    r"message|\S+@\S+)|"
    r"\bnot (?:been |be )?(?:forwarded|read|monitored)|wieder (?:erreichbar|da|im)|nicht weitergeleitet|"
    r"\b(?:de retour|contactez|mon retour)|\b(?:regresaré|volveré|responderé|contacte)|\b(?:rientro|risponderò|"
    r"tornerò)|"
    r"\b(?:responderei|regressar|voltarei|contacte)|\b(?:bereikbaar|terug|beantwoord)|\b(?:odpowiem|powrocie|wracam)|"
    r"\b(?:tillbaka|åter|svarar)|\b(?:tilbake|tilbage|svarer)|\b(?:palaan|vastaan)|\b(?:вернусь|отвечу)",
    re.I,
)
_AROUND = re.compile(
    r"^(?:auto(?:matic)?[- ]?(?:reply|response)|guten tag|viele|liebe|beste|thank|thanks|hello|hi|dear|hallo|"
    r"bonjour|hola|ciao|olá|hej|hei|vielen dank|danke|merci|gracias|grazie|"
    r"obrigad|bedankt|"
    r"dzięk|tack|takk|tak|kiitos|спасибо|(?:many |kind |best )?(?:thanks|regards|wishes)|mit freundlichen|"
    r"cordialement|saludos|note|this is an auto\w+ (?:reply|response|message))\b",
    re.I,
)
#: what nobody says in an automatic reply
_ASKS = re.compile(
    r"\bplease\b(?! (?:contact|ring|call|e-?mail|send|direct|refer|note|allow|expect))|\b(?:nobody|mention|"
    r"withdraw\w*|consent|stop|shar(?:e|ed|ing)|but|so|could|can't|cannot|want|would like|not me|was me|yes|no,|"
    r"tell|delete|remove|widerruf\w*|einwilligung|consentement|consentimiento|consenso|consentimento|toestemming|"
    r"zgod\w+)\b|\?",
    re.I,
)


def is_absence_reply(text: str) -> bool:
    """Tell whether every sentence of `text` belongs to an out-of-office reply, and two of them say it."""
    if not text or len(text) > _LONGEST:
        return False
    sentences = [one.strip() for one in _SENTENCES.split(text) if one.strip()]
    if any(_ASKS.search(one) for one in sentences):
        return False
    said = [bool(_AWAY.search(one) or _BACK.search(one)) for one in sentences]
    covered = all(
        one or _AROUND.search(text) or len(text.split()) <= 4 for one, text in zip(said, sentences, strict=True)
    )
    return covered and any(map(_AWAY.search, sentences)) and any(map(_BACK.search, sentences))

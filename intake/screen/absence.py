"""Out-of-office replies that no header field gives away: the whole letter says that somebody is away, and nothing else.

A person's letter that talks of being away has more in it; then it is a letter.
"""

import re

from intake.screen.voices import somebody_speaks

_LONGEST = 1_500
_SENTENCES = re.compile(r"(?<=[^\d][.!?])(?<!\b[A-Z]\.)\s+|(?<=[。！？])|\n+")
#: where a program broke a long line
_WRAPPED = re.compile(r"(?<=[^\n]{60})(?<![.!?:,])\n(?=\S)")
_AWAY = re.compile(
    r"\b(?:i am|i'm|i will be)\b.{0,25}\b(?:out of (?:the |my )?office|away|on (?:\w+ )?leave|on (?:holiday|"
    r"vacation)|off work|attending a \w+|travelling|on (?:fieldwork|sabbatical|jury service))\b|"
    r"\b(?:out of (?:the )?office|on annual leave)\b.{0,20}\buntil\b|\b(?:i no longer work|i work part|"
    r"i do not work|i only work|my working (?:days|hours) are|i have (?:now |since )?(?:retired|left the))\b|"
    r"\b(?:limited|intermittent|no|restricted|sporadic|little) access to (?:my )?e-?mails?\b|"
    r"\bnot (?:be )?(?:checking|reading|picking up) (?:my )?e-?mails?\b|"
    # German, French, Spanish, Italian, Portuguese, Dutch
    r"\b(?:nicht im (?:büro|haus\w*)|au(?:ß|ss)er haus|im urlaub|abwesend|(?:in|im) (?:elternzeit|mutterschutz)|"
    r"auf dienstreise|keinen zugriff auf|nicht erreichbar)\b|"
    r"\b(?:absente?|en (?:congés?|vacances|déplacement)|absente? du bureau)\b|"
    r"\bfuera de (?:la )?oficina|de vacaciones|estaré ausente|no tendré acceso\b|"
    r"\bfuori (?:dall'|dal )?(?:ufficio|sede)|in ferie|assente dal(?:l'|la )\w+|sarò assente\b|"
    r"\bfora do escritório|de férias|ausente do\b|\bniet (?:op|aan)\w* (?:kantoor|het werk)|afwezig|(?:met|op) "
    r"vakantie|met verlof\b|"
    # Polish, Czech, Hungarian, Romanian, Swedish, Danish, Norwegian, Finnish
    r"\bpoza biurem|na urlopie|nieobecn\w+\b|\bdovolen\w+|mimo kancelář\b|\bszabadságon|\bîn concediu|"
    r"\binte på (?:kontoret|jobbet)|semester|frånvarande|"
    r"föräldraledig\b|\bikke på (?:kontoret|jobb)|på ferie|holder ferie|ute av kontoret\b|\blomalla|poissa\b|"
    # Russian, Ukrainian, Greek, Turkish, Arabic, Chinese, Japanese, Korean
    r"\bотпуске|нет в офисе|отсутствую|командировке\b|\bвідпустці\b|\bλείπω|απουσιάζω\b|\bizinde|ofis dışında\b|"
    r"خارج المكتب|في إجازة|休假|不在办公室|出差|休暇|不在|出張|휴가|부재|출장",
    re.I,
)
_BACK = re.compile(
    r"\b(?:will|shall) (?:\w+ )?(?:return|be back|reply|respond|answer|get back)|\bon my return|\breturning on|"
    r"\bwhen i (?:am back|return)|"
    r"\b(?:please )?(?:contact|ring|call|e-?mail|send|direct|redirect|refer|forward)\b.{0,60}\b(?:reception|"
    r"office|team|"
    r"colleague|message|line manager|deputy|department|school|registry|secretary|service ?desk|\S+@\S+)|"
    r"\bis being covered by\b|"
    r"\bnot (?:been |be )?(?:forwarded|read|monitored)|\b(?:wieder (?:erreichbar|da|im)|nicht (?:automatisch )?"
    r"weitergeleitet|wenden sie sich|vertretung)\b|"
    r"\b(?:de retour|contacte[rz]|mon retour|répondrai|joindre)|\b(?:regresaré|volveré|responderé|contacte|mi regreso)|"
    r"\b(?:rientro|risponderò|tornerò|contattare)|"
    r"\b(?:responderei|regressar|voltarei|contacte|contacte[mr]|contatem|meu regresso)|"
    r"\b(?:bereikbaar|terug|beantwoord)|\b(?:odpowiem|powrocie|wracam)|\b(?:kontaktujte|odpovím|návratu)|"
    r"\b(?:válaszolok|visszatér\w*)|\b(?:voi (?:răspunde|reveni))|"
    r"\b(?:tillbaka|åter|svarar)|\b(?:tilbake|tilbage|svarer)|\b(?:palaan|vastaan)|"
    r"\b(?:вернусь|отвечу|возвращени\w+|обращайтесь)|\b(?:відповім|повернуся)|\b(?:επιστρέφω|επιστρέψω|απαντήσω|"
    r"καλέστε|"
    r"επικοινωνήστε)|\b(?:döneceğim|yanıtlayacağım|ulaşın)|عودتي|سأرد|返回|尽快回复|盡快回覆|ご連絡|返信|회신|복귀",
    re.I,
)
_AROUND = re.compile(
    r"^(?:auto(?:matic)?[- ]?(?:reply|response)|guten tag|viele|liebe|beste|thank|thanks|hello|hi|dear|hallo|"
    r"bonjour|hola|ciao|olá|hej|hei|vielen dank|danke|merci|gracias|grazie|"
    r"obrigad|bedankt|dank u|dank je|sehr geehrte|freundliche|herzliche|bien à vous|bien cordialement|un saludo|"
    r"estimad\w+|gentile|buongiorno|cordiali|caros?|prezad\w+|bom dia|cumprimentos|dzień dobry|pozdrawiam|z poważaniem|"
    r"dobrý den|děkuji|s pozdravem|добрый день|здравствуйте|с уважением|σας ευχαριστώ|merhaba|teşekkür\w*|"
    r"dzięk\w*|tack|takk|tak|kiitos|спасибо|(?:many |kind |best )?(?:thanks|regards|wishes)|mit freundlichen|"
    r"met vriendelijke|cordialement|saludos|note|this is an auto\w+ (?:reply|response|message)|"
    r"dies ist eine automatische|ceci est une? \w+ automatique)\b|^(?:您好|你好|お世話|안녕)",
    re.I,
)
_LONGEST_GREETING = 16
_SHORT = 4
#: what nobody says in an automatic reply
_ASKS = re.compile(
    r"\bplease\b(?! (?:contact|ring|call|e-?mail|send|direct|redirect|refer|forward|note|allow|expect))|\b(?:nobody|"
    r"mention|withdraw\w*|consent|stop|shar(?:e|ed|ing)|but|so|could|can't|cannot|want|would like|not me|was me|"
    r"yes|no,|"
    r"tell|delete|remove|widerruf\w*|einwilligung|consentement|consentimiento|consenso|consentimento|toestemming|"
    r"zgod\w+|samtycke|samtykke\w*|соглас\w+)\b|\?|？",
    re.I,
)
_THEM = re.compile(r"\b(?:he|she|him|his|they|them)\b", re.I)
#: "Thank you for your email" and the like, as the first words
_THANKS = re.compile(
    r"^\W*(?:(?:hello|hi|dear \w+|guten tag|bonjour|hola|hallo|dzień dobry|добрый день)\W+)?(?:many thanks|thank you|"
    r"thanks|vielen dank|danke|merci|gracias|grazie|obrigad[oa]|bedankt|dziękuję|tack|takk?|kiitos|спасибо|"
    r"σας ευχαριστώ)"
    r"\s(?:\w+\s){0,3}(?:e-?mail|message|mail|nachricht|courriel|mensaje|correo|messaggio|mensagem|bericht|wiadomość|"
    r"meddelande|besked|melding|viestistä\w*|сообщение|письмо|μήνυμα)\b",
    re.I,
)
#: an answer for whoever may write: two things to write elsewhere for
_FOR_ANYBODY = re.compile(
    r"\bfor (?:any|all|anything|everything|urgent|general|other|student)\b.{0,60}\b(?:contact|e-?mail|ring|call|"
    r"write)\b",
    re.I,
)
#: the words that a responder puts before the subject that it answers
_BEFORE_A_SUBJECT = re.compile(
    r"^.{0,60}\b(?:away|out of (?:the )?office|leave|holiday|vacation|travelling|conference|absent|afwezig|abwesend|"
    r"oficina|ferie|congés?|urlop\w*)\b.{0,30}\bre:",
    re.I,
)


def is_absence_reply(text: str) -> bool:
    """Tell whether every sentence of `text` belongs to an out-of-office reply, and two of them say it."""
    if not text or len(text) > _LONGEST:
        return False
    sentences = [one.strip() for one in _SENTENCES.split(_WRAPPED.sub(" ", text)) if one.strip()]
    if any(_ASKS.search(one) for one in sentences):
        return False
    return all(map(_belongs, sentences)) and any(map(_AWAY.search, sentences)) and any(map(_BACK.search, sentences))


def answers_somebody(subject: str, text: str) -> bool:
    """Tell whether a letter without the marks of an answer is one all the same: to a mail, or to any mail."""
    if _BEFORE_A_SUBJECT.match(subject) or _THANKS.match(text):
        return True
    return len(_FOR_ANYBODY.findall(text)) > 1


def _belongs(sentence: str) -> bool:
    if _AWAY.search(sentence) or _BACK.search(sentence):
        return True
    length = len(sentence.split())
    if length <= _LONGEST_GREETING and _AROUND.search(sentence):
        return True
    return length <= _SHORT and not somebody_speaks(sentence) and not _THEM.search(sentence)

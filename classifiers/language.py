"""Which language the writer's own words are in, and whether all of them are English. Stop words and scripts; no model."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

#: below this share of English stop words a stretch of words is not English
ENGLISH_SHARE = 0.12
#: a paragraph of fewer words is not judged by its stop words alone
_JUDGED_WORDS = 6
_SCRIPT_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Language:
    """ISO 639-1 of most of the words, `und` where unknown, and whether every paragraph is English."""

    code: str
    wholly_english: bool


def identify(stretches: Sequence[str]) -> Language:
    """Identify the language of the writer's sentences or paragraphs, in order."""
    words_of: Counter[str] = Counter()
    english = True
    for stretch in stretches:
        code, words = _one(stretch)
        words_of[code] += words
        english = english and code in ("en", "")
    del words_of[""]
    if not words_of:
        return Language("en" if any(_words(one) for one in stretches) else "und", english)
    code = max(words_of, key=lambda one: words_of[one])
    return Language(code, english)


def _one(stretch: str) -> tuple[str, int]:
    """Give a stretch's language ("" where it cannot be told, as names and numbers cannot) and how many words it has."""
    script = _foreign_script(stretch)
    if script:
        return script, max(len(stretch) // 4, 1)
    words = _words(stretch)
    if not words:
        return "", 0
    hits = {code: sum(word in known for word in words) for code, known in STOP_WORDS.items()}
    best = max(hits, key=lambda code: hits[code])
    english = sum(word in ENGLISH for word in words)
    if hits[best] >= 2 and hits[best] > english * 1.2 and hits[best] / len(words) > 0.15:
        return best, len(words)
    if len(words) >= _JUDGED_WORDS and english / len(words) < ENGLISH_SHARE:
        return (best if hits[best] >= 2 else "und"), len(words)
    return ("en", len(words)) if english else ("", len(words))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _foreign_script(text: str) -> str:
    """Give the language a non-Latin script suggests, where at least a few letters are in it."""
    found: Counter[str] = Counter()
    for letter in text:
        if ord(letter) > 0x24F and letter.isalpha():
            name = unicodedata.name(letter, "").split(" ")[0]
            found[_SCRIPTS.get(name, "")] += 1
    del found[""]
    if not found:
        return ""
    script, count = found.most_common(1)[0]
    if "ja" in found and script == "zh":
        script = "ja"
    return script if count >= _SCRIPT_LETTERS else ""


_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SCRIPTS = {
    "CYRILLIC": "ru", "ARABIC": "ar", "CJK": "zh", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "DEVANAGARI": "hi",
    "BENGALI": "bn", "GREEK": "el", "HEBREW": "he", "THAI": "th", "TAMIL": "ta", "GURMUKHI": "pa", "GUJARATI": "gu",
    "TELUGU": "te", "GEORGIAN": "ka", "ARMENIAN": "hy", "ETHIOPIC": "am", "SINHALA": "si",
}  # fmt: skip
ENGLISH = frozenset(
    [
        "the",
        "a",
        "an",
        "and",
        "or",
        "but",
        "if",
        "of",
        "to",
        "in",
        "on",
        "at",
        "for",
        "from",
        "with",
        "by",
        "about",
        "as",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "am",
        "do",
        "does",
        "did",
        "done",
        "have",
        "has",
        "had",
        "i",
        "me",
        "my",
        "mine",
        "you",
        "your",
        "yours",
        "u",
        "ur",
        "he",
        "him",
        "his",
        "she",
        "her",
        "hers",
        "it",
        "its",
        "we",
        "us",
        "our",
        "they",
        "them",
        "their",
        "this",
        "that",
        "these",
        "those",
        "there",
        "here",
        "what",
        "which",
        "who",
        "whom",
        "when",
        "where",
        "why",
        "how",
        "all",
        "any",
        "both",
        "each",
        "more",
        "most",
        "some",
        "such",
        "no",
        "not",
        "nor",
        "only",
        "own",
        "same",
        "so",
        "than",
        "too",
        "very",
        "can",
        "cant",
        "can't",
        "could",
        "will",
        "would",
        "should",
        "shall",
        "may",
        "might",
        "must",
        "just",
        "now",
        "then",
        "dont",
        "don't",
        "didn't",
        "didnt",
        "isn't",
        "isnt",
        "i'm",
        "im",
        "i've",
        "ive",
        "i'd",
        "id",
        "i'll",
        "ill",
        "you're",
        "youre",
        "it's",
        "that's",
        "thats",
        "he's",
        "she's",
        "they're",
        "wasn't",
        "won't",
        "wont",
        "doesn't",
        "doesnt",
        "because",
        "cos",
        "cause",
        "until",
        "while",
        "after",
        "before",
        "again",
        "further",
        "once",
        "up",
        "down",
        "out",
        "off",
        "over",
        "under",
        "also",
        "please",
        "pls",
        "thanks",
        "thank",
        "hi",
        "hello",
        "dear",
        "hey",
        "yes",
        "yeah",
        "yep",
        "nope",
        "ok",
        "okay",
        "sorry",
        "into",
        "through",
        "per",
        "via",
        "like",
        "want",
        "need",
        "get",
        "got",
        "go",
        "know",
        "tell",
        "told",
        "say",
        "said",
        "think",
        "one",
        "two",
        "anything",
        "nothing",
        "everything",
        "someone",
        "anyone",
        "nobody",
        "everyone",
        "still",
        "never",
        "always",
        "even",
        "ever",
        "much",
        "many",
        "well",
        "back",
        "really",
        "let",
        "see",
        "make",
        "made",
        "take",
        "give",
        "stop",
        "keep",
        "help",
        "email",
        "appointment",
        "regards",
        "kind",
        "cheers",
        "ta",
        "ye",
        "aye",
        "nae",
        "without",
        "between",
        "against",
        "during",
        "another",
        "other",
        "others",
        "however",
        "unless",
        "whether",
        "yet",
        "already",
        "since",
        "till",
        "n",
        "wanna",
        "gonna",
        "hiya",
        "morning",
        "afternoon",
        "evening",
        "re",
        "attached",
        "ref",
        "week",
        "today",
        "tomorrow",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
    ]
)
STOP_WORDS = {
    code: frozenset(words.split())
    for code, words in {
        "fr": "le la les un une des du de et est je ne pas que qui dans pour sur avec vous nous mon ma mes ce cette je j'ai "
        "c'est suis sont plus mais ou où il elle au aux votre vos merci bonjour par tout si être avoir fait comme d'un n'ai "
        "qu'on qu'il l'ai très bien sans merci ça cela leur lui rien personne",
        "es": "el la los las un una de del y es que no en por para con mi mis me se lo su sus pero como más ya yo usted ustedes "
        "hola gracias esto esta este ni sin sobre también muy nada nadie porque cuando estoy quiero soy tengo ha he al le",
        "pt": "o os as um uma de do da dos das e é que não em por para com meu minha me se seu sua mas como mais já eu vocês você "
        "olá obrigado obrigada isto esta este nem sem sobre também muito nada ninguém porque quando estou quero sou tenho ao na no",
        "it": "il lo la gli le un una di del della dei e è che non in per con mio mia mi si ma come più io voi vi ho sono questo "
        "questa grazie buongiorno anche molto niente nessuno perché quando voglio ci se al alla nel nella da dal più ai",
        "de": "der die das ein eine einen und ist ich nicht zu den dem mit für auf sie wir mein meine mir mich aber wie mehr von "
        "im bitte danke hallo auch sehr nichts niemand weil wenn dass war haben habe hat werden wird kein keine es an aus bei "
        "nach noch nur oder über um uns ihr ihre ihnen mehr schon",
        "nl": "de het een en is ik niet te met voor op zij wij mijn mij maar als meer van bedankt hallo ook heel niets niemand "
        "omdat wanneer dat was hebben heb heeft worden wordt geen aan uit bij naar nog alleen of over om ons jullie u wil graag",
        "pl": "i w na z do nie to jest się że o ja mnie mi mój moja moje ale jak więcej dziękuję dzień dobry też bardzo nic nikt "
        "bo kiedy czy proszę już od po za tak tylko dla przez pan pani ani żeby był była są ma mam będzie",
        "cy": "y yr a ac yn i o mae nid dw ddim ei fy fi chi eich ni hi ef eu gan ar am at wedi bod sydd roedd diolch bore da "
        "annwyl dim neb pawb ond neu os pan fel hefyd iawn gyda wrth dros rydw rwy rwyf dydy oes yma hynny",
        "tr": "ve bir bu da de için ile çok ben beni benim bana ama gibi daha teşekkürler merhaba değil hiç kimse kimseye ne "
        "mi mı var yok lütfen artık her şey olarak kadar sonra size siz sizin o onu",
        "ro": "și si în de la un o este nu că ca cu pe pentru din mai mă ma mi eu dar cum mulțumesc bună foarte nimic nimeni "
        "când vă sunt am ai au să se le lui despre vreau dacă fi ce",
        "sv": "och är jag inte att det en ett med för på vi min mitt mig men som mer av tack hej också mycket inget ingen när "
        "har ni era vill från till den de om kan så",
        "no": "og er jeg ikke å det en et med for på vi min mitt meg men som mer av takk hei også veldig ingen når har dere "
        "vil fra til den de om kan så",
        "da": "og er jeg ikke at det en et med for på vi min mit mig men som mere af tak hej også meget ingen når har i jeres "
        "vil fra til den de om kan så",
        "gd": "agus tha chan eil mi mo mar air anns an am na gu gum bha sin seo dhomh agam sibh ur taing madainn latha le dha "
        "a' is ach no cha do ri aig",
        "ga": "agus tá níl mé mo mar ar an na go raibh sin seo dom agam sibh bhur maith is ach nó ní do le ag sé sí",
        "so": "iyo waa oo ma in la ka ku si aan waxaan maya haa fadlan mahadsanid aniga adiga uu ay",
        "sw": "na ya wa ni kwa si hii hiyo mimi wangu yangu lakini kama tafadhali asante sana hakuna mtu",
        "vi": "và là tôi không của cho với trong một các những được này đó xin cảm ơn em ạ anh chị",
        "id": "dan saya tidak yang di ke dari untuk dengan ini itu ada akan sudah tolong terima kasih jangan",
        "hi": "hai hoon hun main mujhe mera meri mere ko ka ki ke se nahi nahin mat kya aap aapko karo kar raha rahi bhi aur "
        "toh koi sab kuch ji na haan par liye bas wala wali",
        "hu": "és nem hogy egy az én nekem de mint köszönöm szia is nagyon semmi senki mert van volt kérem",
        "cs": "a je se na že v do ne já mě mi můj ale jak více děkuji dobrý den také velmi nic nikdo protože když prosím už",
        "lt": "ir ne kad aš man mano bet kaip daugiau ačiū laba diena taip pat labai nieko niekas nes kai prašau jau",
        "sq": "dhe nuk është unë më im por si faleminderit shumë asgjë askush sepse kur ju lutem të në me për",
        "tl": "ang ng sa na ay ako ko hindi po mga at kung pero salamat wala lang naman ito",
        "yo": "ni mo ti ko si awon fun mi ati pelu jowo ese",
    }.items()
}

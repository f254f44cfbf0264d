"""Whether somebody speaks: I, me and my in the languages that letters come in."""

import re

_ENGLISH = r"\b(?:i(?!\s?\d{3})|i['’](?:m|ve|d|ll)|me|my|mine|myself)\b"
_ABROAD = (
    r"\b(?:ich|mich|mir|mein(?:e|er|en|em|es)?|je|moi|mon|mes|yo|mis?|mío|mía|he recibido|recibí|quiero|io|mio|"
    r"mia|miei|"
    r"vorrei|ricevuto|eu|meus?|minhas?|recebi|quero|ik|mijn|jag|jeg|mig|meg|mitt|mina|otrzymał\w+|dostał\w+|"
    r"chcę|mój|moj\w+|"
    r"mnie|minä|minun|minulle|benim|bana)\b|"
    r"\b[jm]['’]\w|\b(?:я|мне|мой|моя|мои|моё|меня|мені|мене|мій)\b|\b(?:εγώ|μου|με)\b|我|私|僕|저는|제가|\bأنا\b|\bאני\b"
)
_ANYBODY = re.compile(f"{_ENGLISH}|{_ABROAD}", re.I)


def somebody_speaks(text: str) -> bool:
    """Tell whether `text` says I, me or my."""
    return bool(_ANYBODY.search(text))

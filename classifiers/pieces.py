"""The tokenizer: a file of the tokenizers library."""

from pathlib import Path

from tokenizers import Tokenizer

from classifiers.encode import SpecialTokens


class Pieces:
    """A tokenizer file: pieces of one text, without special tokens."""

    def __init__(self, path: Path) -> None:
        """Read `tokenizer.json`."""
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        vocabulary = self._tokenizer.get_vocab()
        doubled = "<s>" in vocabulary
        start, separator, pad = ("<s>", "</s>", "<pad>") if doubled else ("[CLS]", "[SEP]", "[PAD]")
        self.special = SpecialTokens(vocabulary[start], vocabulary[separator], doubled)
        self.pad: int = vocabulary[pad]

    def ids(self, text: str) -> list[int]:
        """Give the ids of one text."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

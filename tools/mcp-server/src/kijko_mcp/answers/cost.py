"""What a text costs in tokens, at most, without the tokenizer: that takes a second to load.

A tokenizer cuts a text into words, numbers, marks and white space, and these into tokens of at
least a byte. A word of the list is one token in every spelling that counts as one here; of what is
not in it each byte may be one. So no text costs more, however it was made to; English costs about
half as much again as it really does, and what nobody reads, such as escapes, about what it does.
"""

import functools
import re

from kijko_mcp.answers.vocabulary import WORDS

_ONE_TOKEN = frozenset(WORDS.split())
# A space before a word costs nothing: it is in the word's token.
_PIECES = re.compile(r"([^\W\d_]+)|([0-9]+)| (?=[A-Za-z])|([ \t\r\n]+)|([\W\d_])")
# The tokenizer begins a new word at a capital that follows a small letter.
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_DIGITS = 3  # of a number are one token
_SPACES = 16  # more of them may be two
_WORDS_REMEMBERED = 4096


def fits(text: str, budget: int) -> bool:
    """Whether a text costs no more tokens than that."""
    # A token is a byte at least, and bytes are quick to count.
    return len(text.encode(errors="replace")) <= budget or at_most(text) <= budget


def at_most(text: str) -> int:
    """As many tokens as a text costs, or some more."""
    return sum(map(_cost, _PIECES.finditer(text)))


def _cost(piece: re.Match[str]) -> int:
    word, number, space, mark = piece.groups()
    if word is not None:
        # After an apostrophe, the beginning of a word may be taken for an English ending.
        return len(word.encode()) if _follows(piece, "'") else _of_word(word)
    if number is not None:
        return -(-len(number) // _DIGITS)
    if space is not None:
        return _of_space(piece)
    return 0 if mark is None else len(mark.encode(errors="replace"))


@functools.lru_cache(_WORDS_REMEMBERED)
def _of_word(word: str) -> int:
    if not word.isascii():
        return len(word.encode(errors="replace"))
    parts = _WORD.findall(word)
    if any(part.isupper() and len(part) > 1 for part in parts):
        return len(word)
    return sum(1 if part.lower() in _ONE_TOKEN else len(part) for part in parts)


def _follows(piece: re.Match[str], mark: str) -> bool:
    return piece.start() > 0 and piece.string[piece.start() - 1] == mark


def _of_space(space: re.Match[str]) -> int:
    """Line ends; then spaces, of which the last is in the token of a word that follows."""
    text, after = space[0], space.string[space.end() : space.end() + 1]
    indent = len(text) - len(text.rstrip(" \t"))
    if not indent:
        return len(text)
    joined = after.isascii() and after.isalpha()
    return len(text) - indent + -(-(indent - 1) // _SPACES) + (not joined)

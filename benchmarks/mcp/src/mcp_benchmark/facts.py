"""Facts that an answer must hold, and whether it does."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

Word = str | tuple[str, ...] | re.Pattern[str]


@dataclass(frozen=True)
class Fact:
    """Words that stand together on one line; a tuple is one word in all its spellings."""

    words: tuple[Word, ...]

    def stands_on(self, line: str) -> bool:
        """Whether a line says it."""
        return all(_has(line, word) for word in self.words)

    def __str__(self) -> str:
        return " … ".join(
            word if isinstance(word, str) else word[0] if isinstance(word, tuple) else word.pattern
            for word in self.words
        )


def fact(*words: Word) -> Fact:
    """A fact of these words."""
    return Fact(words)


def took(seconds: float) -> tuple[str, ...]:
    """A duration in every way to write it."""
    short = f"{seconds:.2f}".rstrip("0").rstrip(".")
    milliseconds = f"{seconds * 1000:.0f}"
    units = [*((number, "s") for number in {short, f"{seconds:.2f}"}), (milliseconds, "ms")]
    return tuple(f"{number}{space}{unit}" for number, unit in units for space in ("", " "))


def lacking(facts: Iterable[Fact], text: str, *, in_order: bool = False) -> list[Fact]:
    """The facts that a text does not hold; in order, where that is asked for, each a line more."""
    lines = text.splitlines()
    lost: list[Fact] = []
    begin = 0
    for each in facts:
        place = next((at for at in range(begin, len(lines)) if each.stands_on(lines[at])), None)
        if place is None:
            lost.append(each)
        elif in_order:
            begin = place + 1
    return lost


def _has(line: str, word: Word) -> bool:
    if isinstance(word, re.Pattern):
        return word.search(line) is not None
    spellings = (word,) if isinstance(word, str) else word
    return any(_whole(each).search(line) for each in spellings)


def _whole(word: str) -> re.Pattern[str]:
    """The word by itself: 5 is not in 15, 1.5 or 50."""
    before = r"(?<![\w.])" if word[0].isalnum() else ""
    after = r"(?!\w)" if word[-1].isalnum() else ""
    return re.compile(f"{before}{re.escape(word)}{after}")

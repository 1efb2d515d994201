"""The words that are one token; ``python -m mcp_vocabulary`` writes the list down anew."""

import re
import string
import subprocess
import textwrap
from collections import Counter
from pathlib import Path

import kijko_mcp.answers.cost
from mcp_tokens import ENCODING, tokens, vocabulary

FILE = Path(kijko_mcp.answers.cost.__file__).with_name("vocabulary.py")
_FILES = 3  # of this workspace that use a word
_HEAD = f'''"""Words that are one token of {ENCODING}, with a capital or not, after a space or not.

Those of them that this workspace's code and documents use. Made by `python -m mcp_vocabulary` in
tools/mcp-server/tests, from the tokenizer.
"""

WORDS = """\\
'''


def one_token() -> list[str]:
    """All of them, the commonest first; a mark before one is a token more and no more."""
    known = {word: rank for rank, word in vocabulary() if re.fullmatch(" ?[A-Za-z]{2,}", word)}
    spelled = (word for word in known if word.islower() and word[0] != " ")
    found = [
        word
        for word in spelled
        if all(each in known for each in (f" {word}", word.capitalize(), f" {word.capitalize()}"))
    ]
    found.sort(key=lambda word: known[f" {word}"])
    return [word for word in found if _keeps_to_itself(word)]


def _keeps_to_itself(word: str) -> bool:
    spellings = (word, word.capitalize())
    return all(tokens(mark + each) <= 2 for mark in string.punctuation for each in spellings)


def used(words: list[str]) -> list[str]:
    """Those that the code and documents here use, which answers are about."""
    git = ["git", "ls-files", "-z", "--full-name", ":/*.py", ":/*.md"]
    listed = subprocess.run(git, capture_output=True, text=True, check=True).stdout.split("\0")
    top = Path(subprocess.check_output(["git", "rev-parse", "--show-toplevel"], text=True).strip())
    files: Counter[str] = Counter()
    for name in filter(None, listed):
        if (top / name).is_file() and top / name != FILE:
            files.update(set(re.findall("[a-z]{2,}", (top / name).read_text().lower())))
    return [word for word in words if files[word] >= _FILES]


def written(words: list[str]) -> str:
    """The module as it is checked in."""
    return _HEAD + textwrap.fill(" ".join(words), 99, break_on_hyphens=False) + '\n"""\n'


if __name__ == "__main__":
    FILE.write_text(written(used(one_token())), encoding="utf-8")

"""Commits as git stores them: headers, an empty line, the message.

Source: https://git-scm.com/docs/git-commit#_discussion, and what `git cat-file -p` prints.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_SIGNED = re.compile(r"(?P<name>.*?) ?<[^<>]*> (?P<at>-?\d+) [+-]\d{4}")


@dataclass(frozen=True, slots=True)
class LocalCommit:
    """A commit, as this checkout or Sentry knows it; `at` is None where nobody knows."""

    sha: str
    author: str
    at: datetime | None
    subject: str

    @property
    def short(self) -> str:
        """Its id as people write it."""
        return self.sha[:10]


def commit_of(sha: str, content: bytes) -> LocalCommit | None:
    """A commit from its object; None where it is written as no git writes it."""
    head, _, message = content.partition(b"\n\n")
    fields = dict(line.partition(b" ")[::2] for line in reversed(head.split(b"\n")))
    encoding = fields.get(b"encoding", b"utf-8").decode("ascii", "replace")
    author = _SIGNED.fullmatch(_text(fields.get(b"author", b""), encoding))
    committer = _SIGNED.fullmatch(_text(fields.get(b"committer", b""), encoding))
    if author is None or committer is None:
        return None
    paragraph = _text(message, encoding).strip("\n").partition("\n\n")[0]
    subject = " ".join(line.strip() for line in paragraph.splitlines())
    at = datetime.fromtimestamp(int(committer["at"]), UTC)
    return LocalCommit(sha, author["name"], at, subject)


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")

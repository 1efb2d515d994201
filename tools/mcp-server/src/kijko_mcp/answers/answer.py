"""One answer: what is said, what is shown, what was left out to stay within the budget."""

from dataclasses import dataclass, field
from typing import Any

from kijko_mcp.answers.untrusted import fenced, new_fence

# English and code average four characters a token with today's tokenizers; less is safer.
CHARACTERS_PER_TOKEN = 3.6
_LARGEST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of evidence.

    Attributes:
        title: what they are; the server's own words.
        lines: each stands alone, so that any may be left out.
        untrusted: whether they hold text from events.
        keep: which end matters when there is no room for all.
    """

    title: str
    lines: tuple[str, ...]
    untrusted: bool = True
    keep: str = "first"


@dataclass(slots=True)
class Answer:
    """An answer in the making.

    Attributes:
        conclusion: the answer itself, in the server's words and names that cannot be sentences.
        facts: the same for programs: ids, numbers, places; nothing that an event could phrase.
        parts: the evidence, what matters most first.
        next: calls that would help now.
        cursor: gets what comes after this.
        notes: what the reader must know of the answer itself.
    """

    conclusion: str
    facts: dict[str, Any] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    next: list[str] = field(default_factory=list)
    cursor: str | None = None
    notes: list[str] = field(default_factory=list)

    def show(self, title: str, *lines: str, keep: str = "first") -> None:
        """Add evidence that came from events."""
        if lines:
            self.parts.append(Part(title, tuple(lines), True, keep))

    def tell(self, title: str, *lines: str) -> None:
        """Add evidence in the server's own words, or from the checkout."""
        if lines:
            self.parts.append(Part(title, tuple(lines), untrusted=False))


@dataclass(frozen=True, slots=True)
class Rendered:
    """An answer as it leaves."""

    text: str
    structured: dict[str, Any]


def tokens(text: str) -> int:
    """About how many tokens a text costs."""
    return int(len(text) / CHARACTERS_PER_TOKEN) + 1


def render(answer: Answer, budget: int) -> Rendered:
    """Writes an answer down within a budget of tokens, and says what was left out."""
    left = budget - tokens(answer.conclusion) - sum(map(tokens, [*answer.next, *answer.notes])) - 40
    shown: list[Part] = []
    left_out: list[str] = []
    for place, part in enumerate(answer.parts):
        is_last = place == len(answer.parts) - 1
        # One part may not starve those after it.
        room = max(left if is_last else int(left * _LARGEST_SHARE), 0)
        whole = sum(map(tokens, part.lines)) + tokens(part.title)
        if whole <= left and (whole <= room or _fits(answer.parts[place:], left)):
            kept = part.lines
        else:
            kept = _those_that_fit(part, room - tokens(part.title))
        if len(kept) < len(part.lines):
            left_out.append(f"{len(part.lines) - len(kept)} of {len(part.lines)} {part.title}")
        if kept:
            shown.append(Part(part.title, kept, part.untrusted))
            left -= sum(map(tokens, kept)) + tokens(part.title)
    return Rendered(_text(answer, shown, left_out), _structured(answer, shown, left_out))


def _fits(parts: list[Part], left: int) -> bool:
    return sum(tokens(part.title) + sum(map(tokens, part.lines)) for part in parts) <= left


def _those_that_fit(part: Part, room: int) -> tuple[str, ...]:
    kept: list[str] = []
    for line in part.lines if part.keep == "first" else reversed(part.lines):
        room -= tokens(line)
        if room < 0:
            break
        kept.append(line)
    return tuple(kept if part.keep == "first" else reversed(kept))


def _text(answer: Answer, shown: list[Part], left_out: list[str]) -> str:
    lines = [answer.conclusion]
    fence = new_fence()
    waiting: list[str] = []
    for part in shown:
        if part.untrusted:
            waiting += [f"{part.title}:", *(f"  {line}" for line in part.lines)]
            continue
        if waiting:
            lines += fenced(waiting, fence)
            waiting = []
        lines += [f"{part.title}:", *(f"  {line}" for line in part.lines)]
    if waiting:
        lines += fenced(waiting, fence)
    lines += answer.notes
    if left_out:
        lines.append(f"Left out for brevity: {'; '.join(left_out)}.")
    if answer.cursor:
        lines.append(f"More: same call with cursor={answer.cursor}")
    if answer.next:
        lines.append(f"Next: {' | '.join(answer.next)}")
    return "\n".join(lines)


def _structured(answer: Answer, shown: list[Part], left_out: list[str]) -> dict[str, Any]:
    said: dict[str, Any] = {"conclusion": answer.conclusion, "facts": answer.facts}
    evidence = {part.title: list(part.lines) for part in shown if not part.untrusted}
    untrusted = {part.title: list(part.lines) for part in shown if part.untrusted}
    more = {
        "evidence": evidence,
        "untrusted": untrusted,
        "left_out": left_out,
        "notes": answer.notes,
        "next": answer.next,
        "cursor": answer.cursor,
    }
    return said | {key: value for key, value in more.items() if value}

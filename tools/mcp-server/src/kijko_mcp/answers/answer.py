"""One answer: what is said, what is shown, what was left out to stay within the budget."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kijko_mcp.answers.cost import at_most, fits
from kijko_mcp.answers.untrusted import fenced, new_fence

_LARGEST_SHARE = 0.5
# At the beginning of a line it is what the line is about.
_ID = re.compile(r"\b[0-9a-f]{32}\b")
_ID_WITHIN = re.compile(r"(?<=.)\b[0-9a-f]{32}\b")
_ID_SHOWN = 8


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

    def of(self, number: int) -> "Part":
        """The same with so many of its lines, those that matter."""
        first = self.keep == "first"
        return replace(self, lines=self.lines[:number] if first else self.lines[-number:])


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


def render(answer: Answer, budget: int) -> Rendered:
    """Writes an answer down within a budget of tokens, and says what was left out.

    The budget holds whatever the evidence is: cost is counted from above (``answers.cost``).
    """
    everything = [part for part in answer.parts if part.lines]
    text = _text(answer, everything, [])
    if fits(text, budget):
        return Rendered(text, _structured(answer, everything, []))
    answer = replace(answer, conclusion=_short(answer.conclusion, budget // 2))
    numbers = _numbers(answer, budget)
    while True:
        shown = [part.of(n) for part, n in zip(answer.parts, numbers, strict=True) if n]
        left_out = [
            f"{len(part.lines) - n} of {len(part.lines)} {part.title.partition(' (')[0]}"
            for part, n in zip(answer.parts, numbers, strict=True)
            if n < len(part.lines)
        ]
        text = _text(answer, shown, left_out)
        if fits(text, budget) or not (shown or answer.next):
            return Rendered(text, _structured(answer, shown, left_out))
        # What single lines cost is nearly what they cost together.
        if shown:
            last = max(place for place, number in enumerate(numbers) if number)
            numbers[last] -= 1
        else:
            answer = replace(answer, next=answer.next[:-1])


def _short(text: str, most: int) -> str:
    if at_most(text) <= most:
        return text
    kept, left = [], most - at_most(" …")
    for word in text.split(" "):
        left -= at_most(f" {word}")
        if left < 0:
            break
        kept.append(word)
    return " ".join([*kept, "…"])


def _numbers(answer: Answer, budget: int) -> list[int]:
    """How many lines of each part there is room for."""
    left = budget - at_most(_text(answer, [], []))
    costs = [_costs(part, left) for part in answer.parts]
    numbers = []
    for place in range(len(costs)):
        # One part may not starve those after it.
        all_fit = sum(map(sum, costs[place:])) <= left
        room = left if all_fit or place == len(costs) - 1 else int(left * _LARGEST_SHARE)
        spent, number = costs[place][0], 0
        for line in costs[place][1:]:
            if spent + line > room:
                break
            spent, number = spent + line, number + 1
        numbers.append(number)
        left -= spent if number else 0
    return numbers


def _costs(part: Part, most: int) -> list[int]:
    """What the title and the lines that matter most cost, with their ends, until it is too much."""
    costs = [at_most(f"{part.title}:\n")]
    for line in part.lines if part.keep == "first" else reversed(part.lines):
        if sum(costs) > most:
            break
        costs.append(at_most(f"{line}\n"))
    return costs


def _text(answer: Answer, shown: Sequence[Part], left_out: Sequence[str]) -> str:
    first = next((place for place, part in enumerate(shown) if part.untrusted), len(shown))
    own = [part for part in shown if not part.untrusted]
    said = [part for part in shown if part.untrusted]
    before, after = _written(own[:first]), _written(own[first:]) + answer.notes
    if left_out:
        after.append(f"Left out for brevity: {'; '.join(left_out)}.")
    if answer.cursor:
        after.append(f"More: same call with cursor={answer.cursor}")
    if answer.next:
        after.append(f"Next: {' | '.join(answer.next)}")
    before = [answer.conclusion, *before]
    # A list that stands alone is what the conclusion speaks of.
    inside = list(said[0].lines) if len(said) == 1 else _written(said)
    known = set(_ID.findall("\n".join(before + after)))
    inside = [_ID_WITHIN.sub(lambda each: _named_again(each[0], known), line) for line in inside]
    return "\n".join([*before, *(fenced(inside, new_fence()) if inside else []), *after])


def _written(parts: Sequence[Part]) -> list[str]:
    lines = []
    for part in parts:
        if len(part.lines) == 1:
            lines.append(f"{part.title}: {part.lines[0]}")
        else:
            lines += [f"{part.title}:", *part.lines]
    return lines


def _named_again(identity: str, known: set[str]) -> str:
    """An id that stands whole in the server's own words is known by its first digits."""
    return f"{identity[:_ID_SHOWN]}…" if identity in known else identity


def _structured(answer: Answer, shown: Sequence[Part], left_out: Sequence[str]) -> dict[str, Any]:
    said: dict[str, Any] = {"conclusion": answer.conclusion, "facts": answer.facts}
    evidence = {part.title: list(part.lines) for part in shown if not part.untrusted}
    untrusted = {part.title: list(part.lines) for part in shown if part.untrusted}
    more = {
        "evidence": evidence,
        "untrusted": untrusted,
        "left_out": list(left_out),
        "notes": answer.notes,
        "next": answer.next,
        "cursor": answer.cursor,
    }
    return said | {key: value for key, value in more.items() if value}

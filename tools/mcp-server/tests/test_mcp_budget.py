"""No answer costs more tokens than its budget, whatever an event says; a tokenizer counts them."""

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mcp_vocabulary
from kijko_mcp.answers.answer import Answer, render
from kijko_mcp.answers.cost import at_most
from kijko_mcp.answers.untrusted import line, name
from kijko_mcp.answers.vocabulary import WORDS
from kijko_mcp.questions.reproduce import reproduce
from mcp_hostile import CORPUS
from mcp_tokens import tokens

# The machine may be busy: how long an example takes says nothing. The examples are always the same.
_PATIENT = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

_WORD = st.sampled_from(WORDS.split()).flatmap(
    lambda word: st.sampled_from([word, word.capitalize(), word.upper()])
)
_PIECES = st.one_of(
    _WORD,
    st.text(string.ascii_lowercase, max_size=12),
    st.text("qxzjkvw", max_size=12),
    st.text(string.ascii_letters, max_size=12),
    st.text("0123456789abcdef", max_size=32),
    st.text(string.punctuation, max_size=8),
    st.sampled_from([" ", "  ", "\n", "\n    ", "'", "_", "/", "\u0301", "é", "→", "\\u{202e}"]),
    st.sampled_from(list(CORPUS.values())).map(lambda text: line(text, 200)),
    st.text(max_size=12),
)
HOSTILE = st.one_of(st.text(), st.lists(_PIECES, max_size=40).map("".join))


@_PATIENT
@given(HOSTILE)
def test_a_text_costs_no_more_than_is_counted(text: str) -> None:
    text = text.encode(errors="replace").decode()
    assert tokens(text) <= at_most(text)


@_PATIENT
@given(
    st.lists(st.lists(HOSTILE, min_size=1, max_size=30), max_size=6),
    HOSTILE,
    st.integers(400, 3000),
)
def test_an_answer_keeps_to_its_budget(parts: list[list[str]], named: str, budget: int) -> None:
    answer = Answer(f"KIJKO-API-1 (unresolved, 2 events) fails in {name(named)} of {name(named)}.")
    for number, texts in enumerate(parts):
        keep = "last" if number % 2 else "first"
        answer.show(f"evidence {number}", *(line(each, 300) for each in texts), keep=keep)
    answer.tell("reproduce", reproduce("7f" * 16, "http://127.0.0.1:8080") or "")
    answer.next = [f'explain_trace(trace="{"7f" * 16}")', f'show_replay(replay="{"e9" * 16}")']
    answer.notes.append("The commit 0123456789 that is checked out is this release.")
    shown = render(answer, budget)
    assert tokens(shown.text) <= budget
    told = sum(len(part.lines) for part in answer.parts)
    kept = [*shown.structured.get("untrusted", {}).values()]
    kept += [*shown.structured.get("evidence", {}).values()]
    assert sum(map(len, kept)) == told or shown.structured["left_out"]


@pytest.mark.parametrize("budget", [400, 1500])
def test_a_conclusion_that_is_too_long_is_cut(budget: int) -> None:
    answer = Answer("owned by " + ", ".join(f"team-{number}" for number in range(2000)))
    assert tokens(render(answer, budget).text) <= budget


def test_what_people_write_is_not_counted_much_higher_than_it_is() -> None:
    text = (
        "The last failed workflow execution failed in the service that calls the model server;"
        " it took nine seconds, and most of that time it waited in the queue for a free worker."
    )
    assert at_most(text) <= 1.6 * tokens(text)


def test_every_word_of_the_list_is_one_token() -> None:
    assert set(WORDS.split()) <= set(mcp_vocabulary.one_token())

"""A fact is found however it is spelled, and not where something like it stands."""

import pytest

from mcp_benchmark.facts import fact, lacking, took


@pytest.mark.parametrize("text", ["it took 5.5 s", "it took 5.50s", "it took 5500ms", "5500 ms"])
def test_a_duration_is_found_in_every_spelling(text: str) -> None:
    assert lacking([fact(took(5.5))], text) == []


@pytest.mark.parametrize("text", ["15.5 s", "5.51 s", "5.5 sessions", "5 s", "55 ms", ""])
def test_another_duration_is_not_taken_for_it(text: str) -> None:
    lost = fact(took(5.5))
    assert lacking([lost], text) == [lost]


def test_the_words_of_a_fact_stand_on_one_line() -> None:
    wanted = fact("KIJKO-API-1", "12 events")
    assert lacking([wanted], "KIJKO-API-1 FFmpegError: 12 events") == []
    assert lacking([wanted], "KIJKO-API-1 FFmpegError: 112 events") == [wanted]
    assert lacking([wanted], "KIJKO-API-1\nKIJKO-API-2: 12 events") == [wanted]
    assert lacking([wanted], "KIJKO-API-10: 12 events") == [wanted]


def test_an_order_is_kept_where_it_is_asked_for() -> None:
    first, second = fact("click", "render"), fact("click", "boom")
    there = "1.8 click button render\n3.5 click button boom"
    assert lacking([first, second], there, in_order=True) == []
    assert lacking([second, first], there) == []
    assert lacking([second, first], there, in_order=True) == [first]

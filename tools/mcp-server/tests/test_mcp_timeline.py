"""What a recording tells: in order, at the right seconds, once, and no more than was shown."""

import pytest

from kijko_mcp.questions.timeline import ERROR, Moment, in_order, moments_of

STARTED = 1_795_478_445_000.0
_PAGE = "https://kijko.example"


def told(moments: list[Moment], started: float = STARTED) -> list[tuple[float, str, str]]:
    """What happened when, in seconds."""
    return [(each.at / 1000, each.kind, each.what) for each in in_order(moments, started)]


@pytest.mark.parametrize("wrong", [0.0, -2.5 * 86_400_000, 3 * 3_600_000.0])
def test_seconds_are_right_whatever_the_browsers_clock_says(wrong: float) -> None:
    recorded = [
        Moment(STARTED + wrong, "navigation", f"{_PAGE}/"),
        Moment(STARTED + wrong + 1500, "click", "button render"),
        Moment(STARTED + wrong + 4000, "click", "button again"),
    ]
    # Sentry sets the time of an error right, and of the session; never what is recorded.
    error = Moment(STARTED + 1600, ERROR, "KIJKO-WEB-1: RangeError: negative start")
    assert told([error, *recorded]) == [
        (0.0, "navigation", "/"),
        (1.5, "click", "button render"),
        (1.6, ERROR, "KIJKO-WEB-1: RangeError: negative start"),
        (4.0, "click", "button again"),
    ]


def test_a_recording_that_begins_late_is_not_moved() -> None:
    assert told([Moment(STARTED + 5000, "click", "button")]) == [(5.0, "click", "button")]
    assert told([]) == []


def test_a_navigation_that_is_reported_twice_is_told_once() -> None:
    moments = [
        Moment(STARTED, "navigation", f"{_PAGE}/"),
        Moment(STARTED + 3000, "navigation", "/ → /editor/7"),
        Moment(STARTED + 3004, "navigation", f"{_PAGE}/editor/7"),
        Moment(STARTED + 9000, "navigation", f"{_PAGE}/editor/7"),  # loaded again
        Moment(STARTED + 9500, "network", f"POST {_PAGE}/api/gw → 200 in 9 ms"),
        Moment(STARTED + 9600, "network", "GET http://elsewhere.example/ → 200 in 9 ms"),
    ]
    assert told(moments) == [
        (0.0, "navigation", "/"),
        (3.0, "navigation", "/ → /editor/7"),
        (9.0, "navigation", "/editor/7"),
        (9.5, "network", "POST /api/gw → 200 in 9 ms"),
        (9.6, "network", "GET http://elsewhere.example/ → 200 in 9 ms"),
    ]


def test_what_is_masked_stays_masked_and_does_not_say_how_long_it_was() -> None:
    page = {"type": 0, "childNodes": [{"type": 2, "id": 7, "tagName": "input", "attributes": {}}]}
    segment = [
        {"type": 2, "timestamp": STARTED, "data": {"node": page}},
        {"type": 3, "timestamp": STARTED, "data": {"source": 5, "id": 7, "text": "*" * 13}},
    ]
    assert told(moments_of(segment)) == [(0.0, "input", "input = ***")]


def test_a_scrubbed_address_is_read_like_any_other() -> None:
    moments = [
        Moment(STARTED, "navigation", "http://[ip]:3000/"),
        Moment(STARTED + 1000, "navigation", "http://[ip]:3000/editor"),
    ]
    assert [what for _, _, what in told(moments)] == ["/", "/editor"]

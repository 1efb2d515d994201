"""Times that people write, and how durations are shown."""

from datetime import UTC, datetime, timedelta

import pytest

from kijko_mcp.answers.words import ago, lasting, many, span_of, stats_period
from kijko_mcp.errors import Unclear


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("24h", "1d"),
        ("7d", "7d"),
        ("90m", "90m"),
        ("this week", "7d"),
        ("today", "1d"),
        ("last 3 days", "3d"),
        ("2 weeks", "14d"),
        ("past 6 hours", "6h"),
    ],
)
def test_periods_are_understood(said: str, expected: str) -> None:
    assert stats_period(said) == expected


def test_a_date_reaches_back_to_it() -> None:
    since = datetime.now(UTC) - timedelta(days=3)
    assert timedelta(days=2) < span_of(f"since {since:%Y-%m-%d}") < timedelta(days=5)


@pytest.mark.parametrize("said", ["soon", "", "-5d", "12345d", "7 parsecs", "'; DROP"])
def test_what_is_no_period_is_refused(said: str) -> None:
    with pytest.raises(Unclear):
        span_of(said)


def test_durations_and_times_are_short() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    assert lasting(0.5) == "0.5 ms"
    assert lasting(5500) == "5.5 s"
    assert lasting(100_000) == "100 s"
    assert lasting(240_000) == "4 min"
    assert ago(now - timedelta(minutes=5), now) == "5 min ago"
    assert ago(now - timedelta(days=3), now) == "3 days ago"
    assert many(1, "error") == "1 error"
    assert many(2, "database query") == "2 database queries"

"""What is counted by the hour says the same as the spans themselves, also after deletion."""

import contextlib
import math
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_sentry.app import prepare_data
from local_sentry.models import Span
from local_sentry.services.search import All, parse_query
from local_sentry.store import histograms, retention, spans
from local_sentry.store.blobs import Blobs
from local_sentry.store.database import connect, connect_readonly
from local_sentry.store.explore import datasets, hourly
from local_sentry.store.explore.query import find, over_time
from local_sentry.store.explore.question import ExploreQuery
from local_sentry.store.session import WriteSession
from local_sentry.store.span_hours import HOUR

NOW = 1_764_000_000_000_000 + 1_234_567_891
EXACT = ("transaction", "count()", "count(span.duration)", "avg(span.duration)",
         "sum(span.duration)", "failure_rate()", "failure_count()", "epm()",
         "count_if(span.status,equals,ok)", "count_unique(span.op)")  # fmt: skip
ABOUT = ("p50()", "p75(span.duration)", "p95(span.duration)", "p99(span.duration)",
         "percentile(span.duration,0.9)")  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.floats(min_value=1, max_value=1e13), min_size=1, max_size=300),
    st.floats(min_value=0, max_value=1),
    st.integers(min_value=0, max_value=300),
)
def test_quantiles_are_within_the_promised_error(
    values: list[float], fraction: float, split: int
) -> None:
    parts = [histograms.of(values[:split]), histograms.of(values[split:])]
    joined = sum(histograms.decode(histograms.encode(part)) for part in parts)
    ordered = sorted(values)
    place = (len(ordered) - 1) * fraction
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    exact = low + (high - low) * (place % 1)
    found = histograms.quantile(joined, fraction)
    assert found == pytest.approx(exact, rel=histograms.RELATIVE_ERROR * 1.001)
    assert joined - parts[0] == parts[1]


def test_nothing_has_no_quantile_and_what_took_no_time_takes_none() -> None:
    assert histograms.quantile(histograms.of([]), 0.5) is None
    assert histograms.quantile(histograms.of([0, 0.5]), 0.99) == 0


def random_spans(chance: random.Random, number: int) -> Iterator[Span]:
    for _ in range(number):
        yield Span(
            trace_id=chance.randbytes(16), span_id=chance.randbytes(8), parent_span_id=None,
            segment_id=chance.randbytes(8), is_segment=chance.random() < 0.2,
            start=NOW - int(chance.random() * 26 * HOUR),
            duration=int(chance.lognormvariate(9, 2)), op=chance.choice(["db", "http.client"]),
            description="", transaction=chance.choice(["GET /a", "GET /b", "POST /c"]),
            status=chance.choice(["ok", "internal_error"]), release="", environment="",
            event_id=None, attributes={},
        )  # fmt: skip


@contextlib.contextmanager
def filled(data: Path) -> Iterator[WriteSession]:
    """Some thousand spans of a bit more than a day, in two projects."""
    database = prepare_data(data)
    with contextlib.closing(connect(database)) as connection:
        session = WriteSession(connection, Blobs(data))
        chance = random.Random(7)  # noqa: S311 - data, not secrets
        connection.execute("BEGIN")
        for project in (1, 2):
            for environment in ("production", ""):
                spans.insert(
                    session, project, random_spans(chance, 700),
                    release_id=session.release("shop@1", NOW),
                    environment_id=session.environment(environment),
                )  # fmt: skip
        connection.execute("COMMIT")
        yield session


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WriteSession]:
    with filled(tmp_path_factory.mktemp("hours")) as session:
        yield session


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[WriteSession]:
    with filled(tmp_path) as session:
        yield session


def database_of(session: WriteSession) -> Path:
    return Path(session.connection.execute("PRAGMA database_list").fetchone()[2])


@contextlib.contextmanager
def reading(
    session: WriteSession, monkeypatch: pytest.MonkeyPatch, *, by_hours: bool
) -> Iterator[sqlite3.Connection]:
    monkeypatch.setattr(hourly, "EXACT_UP_TO", -1 if by_hours else 10**9)
    monkeypatch.setattr(hourly, "_LEAST_SAVING", 0)
    with contextlib.closing(connect_readonly(database_of(session))) as connection:
        yield connection


def question(text: str = "", *, hours: float = 24, ago: float = 0) -> ExploreQuery:
    until = NOW - int(ago * HOUR)
    return ExploreQuery(
        dataset=datasets.SPANS, fields=(*EXACT, *ABOUT), condition=parse_query(text), now=NOW,
        since=until - int(hours * HOUR), until=until, sort=("transaction",),
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "span.op:db",
        "!transaction:*a span.status:ok",
        "is_transaction:true OR project:kijko-web",
        "environment:production",
        "!has:environment release:shop@1",
        "count():>100 p50():>1ms",
    ],
)
@pytest.mark.parametrize(("hours", "ago"), [(24, 0), (24, 1.5), (0.4, 3), (100, 0), (1, 2)])
def test_hours_and_spans_answer_alike(
    store: WriteSession, monkeypatch: pytest.MonkeyPatch, text: str, hours: float, ago: float
) -> None:
    asked = question(text, hours=hours, ago=ago)
    with reading(store, monkeypatch, by_hours=False) as connection:
        assert hourly.prefer_hours(connection, asked) is asked
        expected = find(connection, asked)
    with reading(store, monkeypatch, by_hours=True) as connection:
        assert hourly.prefer_hours(connection, asked).dataset is not asked.dataset
        found = find(connection, asked)
    assert found.kinds == expected.kinds
    assert [row["transaction"] for row in found.rows] == [r["transaction"] for r in expected.rows]
    for row, other in zip(found.rows, expected.rows, strict=True):
        assert {name: row[name] for name in EXACT} == pytest.approx(
            {name: other[name] for name in EXACT}
        )
        assert {name: row[name] for name in ABOUT} == pytest.approx(
            {name: other[name] for name in ABOUT}, rel=histograms.RELATIVE_ERROR * 1.001
        )


@pytest.mark.parametrize(
    "fields_and_text",
    [
        (("transaction", "count()"), "span.duration:>5ms"),
        (("transaction", "count()"), "some words"),
        (("transaction", "count()"), "has:http.method"),
        (("span.description", "count()"), ""),
        (("transaction", "max(span.duration)"), ""),
        (("transaction", "avg(http.size)"), ""),
        (("transaction", "span.op"), ""),
    ],
)
def test_what_hours_do_not_know_is_asked_of_the_spans(
    store: WriteSession,
    monkeypatch: pytest.MonkeyPatch,
    fields_and_text: tuple[tuple[str, ...], str],
) -> None:
    fields, text = fields_and_text
    asked = replace(question(text), fields=fields, sort=())
    with reading(store, monkeypatch, by_hours=True) as connection:
        assert hourly.prefer_hours(connection, asked) is asked
        find(connection, asked)


def test_values_over_hours_are_alike(store: WriteSession, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = replace(question(), fields=("transaction",), condition=All(()))
    functions = ("count()", "epm()", "failure_rate()")
    with reading(store, monkeypatch, by_hours=False) as connection:
        expected = over_time(connection, asked, functions, 3600)
    with reading(store, monkeypatch, by_hours=True) as connection:
        found = over_time(connection, asked, functions, 3600)
    assert [(one.field, one.group) for one in found] == [(o.field, o.group) for o in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.values == pytest.approx(other.values)


def hours(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    rows = connection.execute("SELECT * FROM span_hours ORDER BY 1, 2, 3, 4, 5, 6, 7, 8")
    return [(*row[:-1], histograms.decode(row[-1])) for row in rows]


def counted_again(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    """The hours as a migration would count them."""
    with contextlib.closing(sqlite3.connect(":memory:")) as scratch:
        scratch.execute(
            "ATTACH ? AS store", (str(connection.execute("PRAGMA database_list").fetchone()[2]),)
        )
        histograms.install(scratch)
        rows = scratch.execute(
            "SELECT start / 3600000000 * 3600000000, project_id, op_id, transaction_id, status_id,"
            " is_segment, coalesce(release_id, 0), coalesce(environment_id, 0), count(*),"
            " sum(duration), histogram(duration) FROM store.spans"
            " GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8"
        )
        return [(*row[:-1], histograms.decode(row[-1])) for row in rows]


def test_retention_takes_spans_out_of_their_hours(own_store: WriteSession) -> None:
    assert hours(own_store.connection) == counted_again(own_store.connection)
    before = len(hours(own_store.connection))
    cutoff = NOW - 20 * HOUR
    while retention.delete_before(own_store, cutoff, 150):
        assert hours(own_store.connection) == counted_again(own_store.connection)
    assert 0 < len(hours(own_store.connection)) < before
    retention.delete_before(own_store, NOW + HOUR, 10_000)
    assert hours(own_store.connection) == []


def test_a_span_that_comes_twice_counts_once(own_store: WriteSession) -> None:
    chance = random.Random(3)  # noqa: S311 - data, not secrets
    again = list(random_spans(chance, 20))
    for _ in range(2):
        spans.insert(own_store, 1, again, release_id=None, environment_id=None)
    assert hours(own_store.connection) == counted_again(own_store.connection)

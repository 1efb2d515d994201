"""Traces: joined across projects, whatever is missing, repeated or circular."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from local_sentry.services.traces import build_trace
from local_sentry.services.waterfall import draw, format_duration
from local_sentry.store.spans import StoredSpan


def span(id: str, parent: str | None = None, start: int = 0, project: int = 1) -> StoredSpan:  # noqa: A002
    return StoredSpan(
        row=0, trace_id="t", span_id=id, parent_span_id=parent, segment_id=id, is_segment=False,
        project_id=project, project_slug=f"p{project}", start=start, duration=10, op="op",
        description="", transaction="", status="ok", release=None, environment=None, event_id=None,
    )  # fmt: skip


def test_a_span_of_another_project_hangs_under_its_caller() -> None:
    trace = build_trace("t", [span("a"), span("b", "a", 1, project=2), span("c", "b", 2, 2)], [])
    assert [(n.span.span_id, n.depth, n.is_hop) for n in trace.rows] == [
        ("a", 0, False),
        ("b", 1, True),
        ("c", 2, False),
    ]
    assert trace.projects == ("p1", "p2")


def test_spans_whose_parent_is_missing_are_roots() -> None:
    trace = build_trace("t", [span("a"), span("b", "gone")], [])
    assert [root.span.span_id for root in trace.roots] == ["a", "b"]


def test_circles_are_cut() -> None:
    trace = build_trace("t", [span("a", "b"), span("b", "a"), span("c", "c")], [])
    assert sorted(node.span.span_id for node in trace.rows) == ["a", "b", "c"]


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.none() | st.integers(0, 12), st.integers(0, 99)),
        max_size=25,
    )
)
def test_every_span_is_drawn_exactly_once(raw: list[tuple[int, int | None, int]]) -> None:
    spans = [
        span(str(own), None if parent is None else str(parent), start, own % 3)
        for own, parent, start in raw
    ]
    trace = build_trace("t", spans, [])
    assert len(trace.rows) == len(spans)
    bars = draw(trace).bars
    drawn = [bar.node.span.span_id for bar in bars if not bar.members]
    assert drawn == [node.span.span_id for node in trace.rows]
    for bar in bars:
        assert 0 <= bar.left <= bar.left + bar.width <= 100.01


def test_many_equal_tiny_siblings_are_one_row() -> None:
    root = replace(span("root"), duration=1_000_000)
    nodes = [replace(span(f"n{n}", "root", n), op="comfyui.node") for n in range(55)]
    slow = replace(span("slow", "root", 60), op="comfyui.node", duration=500_000)
    few = [replace(span(f"f{n}", "root", 70 + n), op="db") for n in range(4)]
    bars = draw(build_trace("t", [root, *nodes, slow, *few], [])).bars
    (group,) = [bar for bar in bars if bar.members]
    assert (group.members, group.depth, group.label) == (55, 1, "550 µs")
    assert bars.index(group) == 1
    assert [bar.is_folded for bar in bars] == [False] * 2 + [True] * 55 + [False] * 5
    assert all(bar.depth == 2 for bar in bars if bar.is_folded)


def test_durations_read_well() -> None:
    assert [format_duration(d) for d in (12, 3_400, 250_000, 1_250_000, 125_000_000)] == [
        "12 µs",
        "3.40 ms",
        "250 ms",
        "1.25 s",
        "2 min 5 s",
    ]

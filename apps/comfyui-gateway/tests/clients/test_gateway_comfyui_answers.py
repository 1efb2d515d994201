"""What ComfyUI answers is read as it was recorded, and rubbish in any field is told apart."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comfyui_gateway.clients.comfyui import ComfyUIError, ComfyUIProtocolError, PromptRejected
from comfyui_gateway.clients.comfyui.answers import (
    folders,
    is_plain,
    media_type,
    read_history,
    read_queue,
    read_rejection,
)
from comfyui_gateway.clients.comfyui.execution import ExecutionEvent
from comfyui_gateway.clients.comfyui.watch import Watch
from gateway_comfyui_recordings import (
    Json,
    as_object,
    document,
    names,
    recording,
    refusal,
)

SIMPLE = recording("ok_emptyimage_saveimage")
RAN = [*names("ok_", ran=True), *names("err_", ran=True)]
REFUSED = [*names("err_", ran=False), *names("ok_", ran=False)]

RUBBISH: tuple[object, ...] = (None, True, -1, 1.5, "", "x", [], [[]], {}, {"x": {}})

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
patient = settings(deadline=None, max_examples=100, derandomize=True)


def paths(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every place in a JSON value."""
    yield at
    items: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(value, dict):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    for key, inner in items:
        yield from paths(inner, (*at, key))


def replaced(value: object, at: tuple[str | int, ...], by: object) -> object:
    """A copy of a JSON value with another value at one place."""
    if not at:
        return by
    result = copy.deepcopy(value)
    place = result
    for key in at[:-1]:
        place = place[key]  # type: ignore[index]
    place[at[-1]] = by  # type: ignore[index]
    return result


def reads_or_refuses(read: Callable[..., object], *arguments: object) -> None:
    """A reader returns or raises an error of ours: any other fails the test."""
    with suppress(ComfyUIError):
        read(*arguments)


# As recorded.


@pytest.mark.parametrize("name", RAN)
def test_a_history_is_read(name: str) -> None:
    played = recording(name)
    entry = read_history({played.prompt_id: played.entry}, played.prompt_id)
    assert entry is not None
    assert {(a.node_id, a.filename, a.subfolder, a.kind) for a in entry.outputs} == played.outputs
    assert (entry.failure is not None) is (played.end == "execution_error")
    assert entry.interrupted_in is None
    assert entry.targets == set(played.targets)


@pytest.mark.parametrize("name", ["interrupted", "queue_delete_pending_and_interrupt"])
def test_an_interruption_is_read(name: str) -> None:
    played = recording(name)
    entry = read_history({played.prompt_id: played.entry}, played.prompt_id)
    assert entry is not None
    assert entry.interrupted_in == "2"
    assert entry.failure is None


def test_an_unknown_prompt_has_no_history() -> None:
    unknown = as_object(document("misc")["history_unknown"])["body"]
    assert read_history(unknown, "nope") is None


def test_the_history_of_another_prompt_is_no_answer() -> None:
    with pytest.raises(ComfyUIProtocolError):
        read_history({SIMPLE.prompt_id: SIMPLE.entry}, "nope")


def test_a_queue_is_read() -> None:
    mid = as_object(document("queue_delete_pending_and_interrupt")["mid"])
    before = read_queue(as_object(mid["queue_before"])["body"])
    after = read_queue(as_object(mid["queue_after"])["body"])
    deleted = "e75faed8-5652-4bb6-a72c-d2ad347b25c4"
    assert set(before.running) == {"57d58627-5011-40f3-bb78-291ffec1265f"}
    assert set(before.pending) == {"c62864b2-3324-470d-bb88-9fbc34a08873", deleted}
    assert before.pending[deleted] == {"2"}
    assert deleted in before
    assert deleted not in after


def test_copies_of_a_prompt_are_counted() -> None:
    entry: list[object] = [1, "twice", {}, {}, ["2"]]
    queue = read_queue({"queue_running": [entry], "queue_pending": [entry]})
    assert queue.copies == {"twice": 2}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_what_and_where(name: str) -> None:
    answer = refusal(name)
    if answer.status == 500:
        assert not isinstance(answer.body, dict)
        return
    if answer.status == 200:
        assert as_object(answer.body)["node_errors"] == {}
        return
    body = as_object(answer.body)
    error, node_errors = as_object(body["error"]), as_object(body["node_errors"])
    rejection = read_rejection(body)
    assert rejection.kind == error["type"]
    assert not rejection.partial
    assert {problem.node_id for problem in rejection.problems} == set(node_errors)
    assert rejection.message.endswith(".")
    if not node_errors:
        assert str(error["message"]).rstrip(".") in rejection.message
    for problem in rejection.problems:
        assert f"node {problem.node_id} ({problem.class_type})" in str(problem)


def test_the_refused_input_is_named() -> None:
    (problem,) = read_rejection(as_object(refusal("err_value_smaller_than_min").body)).problems
    assert problem.kind == "value_smaller_than_min"
    assert problem.input_name == "width"
    assert "input 'width'" in str(problem)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"error": None},
        {"error": []},
        {"error": {}, "node_errors": {}},
        {"error": {"message": ["x"]}, "node_errors": []},
        {"node_errors": ["3"]},
        {"message": "of a proxy"},
    ],
)
def test_a_refusal_without_a_reason_is_not_comfyuis(answer: Json) -> None:
    with pytest.raises(ComfyUIProtocolError):
        read_rejection(answer)


@pytest.mark.parametrize(
    "node_errors",
    [
        {"3": {}},
        {"3": None},
        {"3": {"errors": []}},
        {"3": {"errors": [None]}},
        {"3": {"errors": 1}},
    ],
)
def test_a_refused_node_is_named_even_without_a_reason(node_errors: Json) -> None:
    rejection = read_rejection({"node_errors": node_errors})
    assert rejection.partial
    assert [problem.node_id for problem in rejection.problems] == ["3"]


def test_the_reason_of_an_older_comfyui_is_a_text() -> None:
    rejection = read_rejection({"error": "no prompt", "node_errors": []})
    assert isinstance(rejection, PromptRejected)
    assert rejection.message == "ComfyUI refused the prompt: no prompt."


# File names.


def history_with(file: Mapping[str, object]) -> Json:
    body = replaced(
        {SIMPLE.prompt_id: SIMPLE.entry},
        (SIMPLE.prompt_id, "outputs", "2", "images", 0),
        dict(file),
    )
    return as_object(body)


@pytest.mark.parametrize(
    "filename",
    [
        "",
        ".",
        "..",
        "../x.png",
        "/etc/passwd",
        "a/b.png",
        "a\\b.png",
        "..\\x.png",
        "x\0.png",
        "x\r\nSet-Cookie: a=b.png",
        "x\x7f.png",
        None,
        7,
        [],
        {},
        ["x.png"],
    ],
)
def test_a_file_name_that_is_a_path_or_no_name_is_refused(filename: object) -> None:
    with pytest.raises(ComfyUIProtocolError):
        read_history(history_with({"filename": filename}), SIMPLE.prompt_id)


@pytest.mark.parametrize(
    "subfolder", ["..", "a/../b", "../..", "a//b", "a\\..\\b", "a/./b", "a\nb", None, 1, ["a"]]
)
def test_a_folder_outside_is_refused(subfolder: object) -> None:
    with pytest.raises(ComfyUIProtocolError):
        read_history(history_with({"filename": "x.png", "subfolder": subfolder}), SIMPLE.prompt_id)


@pytest.mark.parametrize("kind", ["", "secret", "Output", "../output", None, 3, ["output"], {}])
def test_a_kind_of_file_that_comfyui_does_not_have_is_refused(kind: object) -> None:
    with pytest.raises(ComfyUIProtocolError):
        read_history(history_with({"filename": "x.png", "type": kind}), SIMPLE.prompt_id)


@pytest.mark.parametrize(
    ("subfolder", "read"),
    [("", ""), ("jobs/1", "jobs/1"), ("jobs\\1", "jobs/1"), ("/jobs/1/", "jobs/1")],
)
def test_folders_are_read_from_every_system(subfolder: str, read: str) -> None:
    entry = read_history(
        history_with({"filename": "ä ö (1).PNG", "subfolder": subfolder}), SIMPLE.prompt_id
    )
    assert entry is not None
    assert [(a.subfolder, a.filename, a.media) for a in entry.outputs] == [
        (read, "ä ö (1).PNG", "image/png")
    ]


@patient
@given(st.text())
def test_a_plain_name_stays_in_its_folder(name: str) -> None:
    if is_plain(name):
        assert folders(name) == [name]
        assert not set(name) & set(map(chr, range(32)))


@pytest.mark.parametrize(
    ("filename", "media"),
    [
        ("a.png", "image/png"),
        ("a.PNG", "image/png"),
        ("a.mp4", "video/mp4"),
        ("a.webp", "image/webp"),
    ]
    + [(name, "application/octet-stream") for name in ("a", ".png", "a.png.exe", "a.html")],
)
def test_the_media_type_comes_from_the_name(filename: str, media: str) -> None:
    assert media_type(filename) == media


def test_animated_outputs_are_told_apart() -> None:
    played = recording("ok_savewebm_animwebp")
    entry = read_history({played.prompt_id: played.entry}, played.prompt_id)
    assert entry is not None
    assert all(asset.animated for asset in entry.outputs)
    assert {asset.media for asset in entry.outputs} == {"video/webm", "image/webp"}


# Wrong types everywhere.


@pytest.mark.parametrize("name", ["ok_savewebm_animwebp", "err_exec_ValueError", "interrupted"])
def test_every_field_of_a_history_may_be_rubbish(name: str) -> None:
    played = recording(name)
    body = {played.prompt_id: played.entry}
    for at in paths(body):
        for by in RUBBISH:
            reads_or_refuses(read_history, replaced(body, at, by), played.prompt_id)


def test_every_field_of_a_queue_may_be_rubbish() -> None:
    mid = as_object(document("queue_delete_pending_and_interrupt")["mid"])
    body = as_object(mid["queue_before"])["body"]
    for at in paths(body):
        for by in RUBBISH:
            reads_or_refuses(read_queue, replaced(body, at, by))


@pytest.mark.parametrize("name", ["err_value_smaller_than_min", "err_bad_output_slot"])
def test_every_field_of_a_refusal_may_be_rubbish(name: str) -> None:
    body = refusal(name).body
    for at in paths(body):
        for by in RUBBISH:
            if at:
                reads_or_refuses(read_rejection, replaced(body, at, by))


@patient
@given(anything)
def test_any_json_is_read_or_refused(answer: object) -> None:
    reads_or_refuses(read_queue, answer)
    reads_or_refuses(read_history, answer, "id")
    reads_or_refuses(read_history, {"id": answer}, "id")
    for key in ("outputs", "status", "prompt"):
        entry = {"outputs": {}, "status": {"status_str": "success"}, key: answer}
        reads_or_refuses(read_history, {"id": entry}, "id")
    if isinstance(answer, dict):
        reads_or_refuses(read_rejection, answer)
    reads_or_refuses(read_rejection, {"error": answer, "node_errors": answer})


kinds = st.sampled_from(
    [
        "status",
        "progress_state",
        "progress",
        "executing",
        "executed",
        "execution_start",
        "execution_cached",
        "execution_success",
        "execution_error",
        "execution_interrupted",
        "a_type_of_tomorrow",
    ]
)
node_ids = st.sampled_from(["1", "2", "3", "not in the graph"]) | anything
states = st.fixed_dictionaries(
    {}, optional={"state": st.sampled_from(["running", "finished"]) | anything}
)
messages = st.tuples(
    kinds,
    st.fixed_dictionaries(
        {},
        optional={
            "node": node_ids,
            "node_id": node_ids,
            "nodes": anything
            | st.lists(node_ids, max_size=3)
            | st.dictionaries(st.sampled_from(["1", "2", "9"]), states | anything, max_size=3),
            "value": anything | st.floats(allow_nan=False, allow_infinity=False),
            "max": anything | st.floats(allow_nan=False, allow_infinity=False),
            "exception_type": anything,
        },
    ),
)


@patient
@given(st.lists(messages, max_size=12))
async def test_any_messages_make_events_that_only_rise(told: list[tuple[str, Json]]) -> None:
    told = [(kind, json.loads(json.dumps(data))) for kind, data in told]
    events: list[ExecutionEvent] = []
    graph = SIMPLE.graph
    watch = Watch("id", graph, events.append)
    for kind, data in told:
        watch.feed(kind, data)
    watch.finish()
    fractions = [event.fraction for event in events]
    assert fractions == sorted(fractions)
    assert all(0.0 <= fraction <= 1.0 for fraction in fractions)
    for kind in ("node_started", "node_finished", "cached"):
        nodes = [event.node_id for event in events if event.kind == kind]
        assert len(nodes) == len(set(nodes))
    runs = watch.node_runs(frozenset())
    assert all(run.started <= run.ended for run in runs)
    if not any(kind == "execution_error" for kind, _ in told):
        assert all(run.error is None for run in runs)

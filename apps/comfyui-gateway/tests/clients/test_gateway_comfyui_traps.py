"""Every trap of ComfyUI's protocol, as it was recorded: the client steps into none."""

import asyncio
import dataclasses
import json
import uuid
from collections.abc import AsyncIterator

import pytest

from comfyui_gateway.clients.comfyui import (
    ComfyUI,
    ComfyUIError,
    ComfyUIProtocolError,
    ComfyUIUnavailable,
    ExecutionEvent,
    ExecutionFailed,
    GraphInvalid,
    Interrupted,
    Limits,
    PromptBusy,
    PromptLost,
    PromptRejected,
)
from gateway_comfyui_recordings import (
    Answer,
    as_object,
    binaries,
    document,
    names,
    recording,
    refusal,
)
from gateway_comfyui_replay import ReplayComfyUI
from gateway_comfyui_runs import Run, files, until

SIMPLE = recording("ok_emptyimage_saveimage")
PREVIEWS = recording("ok_progress_preview_with_feature_flag")
# Where the queue has to be asked, it is asked soon.
LIMITS = Limits(quiet_seconds=0.3, patience_seconds=60.0, cancel_seconds=30.0)


@pytest.fixture
async def server() -> AsyncIterator[ReplayComfyUI]:
    async with ReplayComfyUI(SIMPLE) as server:
        yield server


@pytest.fixture
async def client(server: ReplayComfyUI) -> AsyncIterator[ComfyUI]:
    async with ComfyUI(server.url, limits=LIMITS) as client:
        yield client


@pytest.fixture
def prompt_id() -> str:
    return str(uuid.uuid4())


# What ran well, and what did not.


@pytest.mark.parametrize("name", names("ok_", ran=True))
async def test_a_recorded_success_is_an_execution_with_its_files(name: str, prompt_id: str) -> None:
    played = recording(name)
    async with ReplayComfyUI(played) as server, ComfyUI(server.url, limits=LIMITS) as client:
        run = Run(client, prompt_id, played.graph)
        execution = await run.ended()
    assert execution.prompt_id == prompt_id
    assert files(execution) == played.outputs
    assert run.kinds[0] == "submitted"
    assert run.kinds[-1] == "finished"
    fractions = [event.fraction for event in run.events]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {node.node_id for node in execution.nodes} <= set(played.graph)
    assert all(node.started <= node.ended and node.error is None for node in execution.nodes)


@pytest.mark.parametrize("name", names("err_exec", ran=True))
async def test_a_node_that_raised_is_named_with_its_reason(name: str, prompt_id: str) -> None:
    played = recording(name)
    async with ReplayComfyUI(played) as server, ComfyUI(server.url, limits=LIMITS) as client:
        caught = await Run(client, prompt_id, played.graph).failed(ExecutionFailed)
    assert caught.class_type == "ScoutFail"
    assert caught.node_id is not None
    assert played.graph[caught.node_id]["class_type"] == "ScoutFail"
    assert caught.reason.startswith("boom")
    assert caught.exception_type is not None
    assert caught.exception_type in caught.message
    assert len(caught.traceback) > 2
    assert "/opt/ComfyUI" not in caught.message
    (failed,) = [node for node in caught.nodes if node.node_id == caught.node_id]
    assert failed.error == caught.exception_type


@pytest.mark.parametrize("name", names("", ran=False))
async def test_a_refused_graph_is_refused_with_its_reason(name: str, prompt_id: str) -> None:
    played = recording(name)
    async with ReplayComfyUI(SIMPLE) as server, ComfyUI(server.url, limits=LIMITS) as client:
        server.refusal = played.submitted
        run = Run(client, prompt_id, played.graph)
        caught = await run.failed(ComfyUIError)
        assert isinstance(caught, PromptRejected | GraphInvalid)
        assert run.events == []
        assert len(server.submissions) == (0 if isinstance(caught, GraphInvalid) else 1)
        assert server.copies(prompt_id) == 0
    assert caught.message.endswith(".")
    assert caught.advice


# The trap of a history that is written after the end was announced.


async def test_the_history_may_be_written_after_the_end_was_announced(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    server.history_lag = 4
    execution = await Run(client, prompt_id, SIMPLE.graph).ended()
    assert files(execution) == SIMPLE.outputs
    assert server.history_polls == 5


async def test_a_history_that_stays_away_for_long_is_waited_for_while_the_prompt_is_queued(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    server.history_lag = 14  # more than are asked in a row
    held = server.hold_where(
        lambda message: (
            message.get("type") == "executing" and as_object(message["data"])["node"] is None
        )
    )
    run = Run(client, prompt_id, SIMPLE.graph)
    await held.reached()
    await until(lambda: server.queue_polls >= 3)
    assert not run.task.done()
    server.history_lag = 0
    held.release()
    assert files(await run.ended()) == SIMPLE.outputs


# The trap of the deaf socket.


@pytest.mark.parametrize("moment", ["execution_start", "progress_state", "executed", "executing"])
async def test_a_socket_lost_on_the_way_costs_no_result(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str, moment: str
) -> None:
    held = server.hold_before(moment)
    run = Run(client, prompt_id, SIMPLE.graph)
    await held.reached()
    await server.hang_up()
    await until(lambda: len(server.client_ids) >= 2)
    held.release()
    assert files(await run.ended()) == SIMPLE.outputs
    assert len(server.submissions) == 1


async def test_every_connection_has_a_client_id_of_its_own(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    for connections in (1, 2, 3):
        await Run(client, f"{prompt_id}-{connections}", SIMPLE.graph).ended()
        seen = len(server.client_ids)
        assert seen == connections
        await server.hang_up()
        await until(lambda: len(server.client_ids) > seen)  # noqa: B023
    assert len(set(server.client_ids)) == 4
    used = [body["client_id"] for body in server.submissions]
    assert used == server.client_ids[:3]


async def test_events_come_again_after_a_reconnection(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    await Run(client, f"{prompt_id}-1", SIMPLE.graph).ended()
    await server.hang_up()
    await until(lambda: len(server.client_ids) == 2)
    run = Run(client, f"{prompt_id}-2", SIMPLE.graph)
    await run.ended()
    assert "node_started" in run.kinds


@pytest.mark.parametrize("status", [404, 403, 500, 502])
async def test_without_a_websocket_the_queue_tells_the_end(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str, status: int
) -> None:
    server.socket_status = status
    run = Run(client, prompt_id, SIMPLE.graph)
    assert files(await run.ended()) == SIMPLE.outputs
    assert run.kinds == ["submitted", "finished"]


async def test_a_socket_that_falls_silent_is_not_believed(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    held = server.hold_before("executing")
    run = Run(client, prompt_id, SIMPLE.graph)
    await held.reached()
    server.fall_silent()
    held.release()
    assert files(await run.ended()) == SIMPLE.outputs
    assert server.queue_polls > 0


# The trap of duplicate prompt ids.


def test_the_recorded_comfyui_accepts_an_id_twice() -> None:
    twice = refusal("err_dup_prompt_id")
    assert twice.status == 200
    assert as_object(twice.body)["node_errors"] == {}


async def test_an_id_is_followed_once(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    held = server.hold_before("executing")
    first = Run(client, prompt_id, SIMPLE.graph)
    await held.reached()
    await Run(client, prompt_id, SIMPLE.graph).failed(PromptBusy)
    held.release()
    await first.ended()
    assert len(server.submissions) == 1


async def test_resuming_takes_up_a_running_prompt(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    held = server.hold_before("executing")
    server.accept(prompt_id)
    await held.reached()
    run = Run(client, prompt_id, SIMPLE.graph, resume=True)
    await until(lambda: run.kinds == ["submitted"])
    held.release()
    assert files(await run.ended()) == SIMPLE.outputs
    assert server.submissions == []


async def test_resuming_takes_up_a_prompt_that_has_ended(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    server.accept(prompt_id)
    await until(lambda: prompt_id in server.history and server.running is None)
    assert files(await Run(client, prompt_id, SIMPLE.graph, resume=True).ended()) == SIMPLE.outputs
    assert server.submissions == []


async def test_resuming_an_unknown_prompt_submits_it(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    assert files(await Run(client, prompt_id, SIMPLE.graph, resume=True).ended()) == SIMPLE.outputs
    assert len(server.submissions) == 1


async def test_resuming_takes_surplus_copies_out_of_the_queue(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    held = server.hold_before("executing")
    for _ in range(3):
        server.accept(prompt_id)
    await held.reached()
    assert server.copies(prompt_id) == 3
    run = Run(client, prompt_id, SIMPLE.graph, resume=True)
    await until(lambda: server.copies(prompt_id) == 1)
    held.release()
    await run.ended()
    assert server.deleted == [prompt_id, prompt_id]


async def test_resuming_an_ended_prompt_stops_its_copies_from_running_again(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    server.accept(prompt_id)
    await until(lambda: prompt_id in server.history and server.running is None)
    held = server.hold_before("executing")
    server.accept("another")
    await held.reached()
    server.accept(prompt_id)
    await Run(client, prompt_id, SIMPLE.graph, resume=True).ended()
    assert server.copies(prompt_id) == 0
    held.release()


async def test_an_answer_lost_after_acceptance_is_no_second_submission(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    server.forgets_answer = True
    assert files(await Run(client, prompt_id, SIMPLE.graph).ended()) == SIMPLE.outputs
    assert len(server.submissions) == 1


async def test_a_submission_lost_on_its_way_is_reported_as_retryable(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    server.forgets_prompt = True
    caught = await Run(client, prompt_id, SIMPLE.graph).failed(ComfyUIUnavailable)
    assert caught.retryable
    assert len(server.submissions) == 1


async def test_a_comfyui_that_names_prompts_itself_is_told_apart_and_left_clean(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    held = server.hold_before("execution_start")
    server.own_ids = True
    run = Run(client, prompt_id, SIMPLE.graph)
    await held.reached()
    caught = await run.failed(ComfyUIProtocolError)
    assert "0.3.45" in caught.advice
    await until(lambda: server.copies("of-its-own") == 0)


# The trap of a bad output beside a good one.


async def test_a_bad_output_beside_a_good_one_refuses_the_whole(prompt_id: str) -> None:
    played = recording("err_partial_valid_one_bad_output")
    assert played.submitted.status == 200
    async with ReplayComfyUI(played) as server, ComfyUI(server.url, limits=LIMITS) as client:
        server.hold_before("executing")
        caught = await Run(client, prompt_id, played.graph).failed(PromptRejected)
        assert caught.partial
        (problem,) = caught.problems
        assert (problem.node_id, problem.class_type, problem.input_name) == (
            "3",
            "LoadImage",
            "image",
        )
        assert "nope.png" in caught.message
        await until(lambda: server.copies(prompt_id) == 0)


@pytest.mark.parametrize("ended", [False, True])
async def test_resuming_does_not_take_a_part_for_the_whole(prompt_id: str, ended: bool) -> None:
    played = recording("err_partial_valid_one_bad_output")
    async with ReplayComfyUI(played) as server, ComfyUI(server.url, limits=LIMITS) as client:
        if not ended:
            server.hold_before("executing")
        server.accept(prompt_id)
        await until(lambda: server.copies(prompt_id) == (not ended))
        caught = await Run(client, prompt_id, played.graph, resume=True).failed(PromptRejected)
        assert [problem.node_id for problem in caught.problems] == ["4"]
        await until(lambda: server.copies(prompt_id) == 0)


# The trap of the bare 500.


@pytest.mark.parametrize("name", ["err_body_not_json", "err_prompt_not_dict"])
async def test_a_bare_500_is_no_answer_of_comfyui(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str, name: str
) -> None:
    server.refusal = refusal(name)
    assert server.refusal.status == 500
    caught = await Run(client, prompt_id, SIMPLE.graph).failed(ComfyUIProtocolError)
    assert "500" in caught.message


async def test_a_bare_500_for_a_prompt_that_runs_all_the_same_is_followed(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    server.refusal = refusal("err_body_not_json")
    held = server.hold_before("executing")
    server.accept(prompt_id)
    await held.reached()
    run = Run(client, prompt_id, SIMPLE.graph)
    await until(lambda: run.kinds == ["submitted"])
    held.release()
    assert files(await run.ended()) == SIMPLE.outputs


async def test_a_graph_too_large_for_whoever_answers_is_the_callers_matter(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    server.refusal = Answer(413, "text/html", "<h1>413 Request Entity Too Large</h1>")
    caught = await Run(client, prompt_id, SIMPLE.graph).failed(PromptRejected)
    assert not caught.retryable
    assert "size" in caught.message


# The traps of cancelling.


async def test_an_interrupted_prompt_is_no_failed_one(prompt_id: str) -> None:
    played = recording("interrupted")
    status = as_object(as_object(played.entry)["status"])
    assert status["status_str"] == "error"
    async with ReplayComfyUI(played) as server, ComfyUI(server.url, limits=LIMITS) as client:
        caught = await Run(client, prompt_id, played.graph).failed(Interrupted)
    assert caught.node_id == "2"
    assert not caught.requested


async def test_a_running_prompt_is_interrupted_by_its_id(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    held = server.hold_before("executing")
    run = Run(client, prompt_id, SIMPLE.graph)
    await held.reached()
    assert await client.cancel(prompt_id)
    caught = await run.failed(Interrupted)
    assert caught.requested
    assert {"prompt_id": prompt_id} in server.interrupts
    assert all(body == {"prompt_id": prompt_id} for body in server.interrupts)


async def test_a_pending_prompt_is_deleted_and_not_interrupted(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    held = server.hold_before("executing")
    server.accept("another")
    await held.reached()
    run = Run(client, prompt_id, SIMPLE.graph)
    await until(lambda: server.copies(prompt_id) == 1 and run.kinds == ["submitted"])
    assert await client.cancel(prompt_id)
    caught = await run.failed(Interrupted)
    assert caught.requested
    assert caught.node_id is None
    assert server.deleted == [prompt_id]
    assert server.interrupts == []
    held.release()


async def test_every_copy_of_a_cancelled_prompt_goes(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    server.hold_before("executing")
    for _ in range(3):
        server.accept(prompt_id)
    await until(lambda: server.copies(prompt_id) == 3)
    assert await client.cancel(prompt_id)
    assert server.copies(prompt_id) == 0


async def test_cancelling_what_comfyui_does_not_know_is_done_at_once(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    assert await client.cancel(prompt_id)
    assert server.interrupts == []


async def test_a_prompt_cancelled_while_it_is_submitted_does_not_stay(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    server.hold_before("execution_start")
    run = Run(client, prompt_id, SIMPLE.graph)
    await asyncio.sleep(0)  # it has begun, and its submission has not left
    assert await client.cancel(prompt_id)
    await run.failed(Interrupted)
    assert server.copies(prompt_id) == 0


async def test_a_prompt_cancelled_before_comfyui_accepts_it_does_not_stay(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    server.hold_before("execution_start")
    server.answering.clear()
    run = Run(client, prompt_id, SIMPLE.graph)
    await until(lambda: server.submissions)
    assert await client.cancel(prompt_id)
    server.answering.set()
    await run.failed(Interrupted)
    assert server.copies(prompt_id) == 0


async def test_giving_up_the_wait_leaves_the_prompt_to_be_resumed(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    held = server.hold_before("executing")
    run = Run(client, prompt_id, SIMPLE.graph)
    await held.reached()
    run.task.cancel()
    await run.failed(asyncio.CancelledError)
    assert server.copies(prompt_id) == 1
    resumed = Run(client, prompt_id, SIMPLE.graph, resume=True)
    await until(lambda: resumed.kinds == ["submitted"])
    held.release()
    assert files(await resumed.ended()) == SIMPLE.outputs
    assert len(server.submissions) == 1


# The trap of identical prompts.


async def test_files_of_a_node_that_did_not_run_are_marked(prompt_id: str) -> None:
    played = recording("ok_cached_rerun")
    async with ReplayComfyUI(played) as server, ComfyUI(server.url, limits=LIMITS) as client:
        run = Run(client, prompt_id, played.graph)
        execution = await run.ended()
    assert [asset.filename for asset in execution.outputs] == ["scout_00001_.png"]
    assert all(asset.cached for asset in execution.outputs)
    assert {node.node_id: node.cached for node in execution.nodes} == {"1": True, "2": True}
    assert "node_started" not in run.kinds
    assert run.kinds.count("cached") == 2


async def test_files_of_a_node_that_ran_are_not_marked(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    execution = await Run(client, prompt_id, SIMPLE.graph).ended()
    assert not any(asset.cached for asset in execution.outputs)
    assert not any(node.cached for node in execution.nodes)


# What else the socket says.


@pytest.mark.parametrize(
    "name", ["ok_progress_preview_with_feature_flag", "ok_progress_preview_no_feature_flag"]
)
async def test_previews_between_the_messages_do_no_harm(name: str, prompt_id: str) -> None:
    played = recording(name)
    assert list(binaries(played.messages))
    async with ReplayComfyUI(played) as server, ComfyUI(server.url, limits=LIMITS) as client:
        run = Run(client, prompt_id, played.graph)
        await run.ended()
        assert len(server.client_ids) == 1
        assert server.queue_polls == 0
    steps = [(event.value, event.maximum) for event in run.events if event.kind == "node_progress"]
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    "extra",
    [
        "",
        "not json",
        "[]",
        "null",
        "{}",
        '{"type": "status"}',
        '{"type": 7, "data": {}}',
        '{"type": "a_type_of_tomorrow", "data": {"prompt_id": "PROMPT", "x": [1]}}',
        '{"type": "progress_state", "data": {"prompt_id": "PROMPT", "nodes": [1]}}',
        '{"type": "progress_state", "data": {"prompt_id": "PROMPT", "nodes": {"1": 3}}}',
        '{"type": "progress", "data": {"prompt_id": "PROMPT", "node": "1", "max": 0, "value": 1}}',
        '{"type": "progress", "data": {"prompt_id": "PROMPT", "node": [], "max": "a"}}',
        '{"type": "execution_cached", "data": {"prompt_id": "PROMPT", "nodes": {"1": 1}}}',
        '{"type": "execution_cached", "data": {"prompt_id": "PROMPT", "nodes": [[], null]}}',
        '{"type": "executing", "data": {"prompt_id": "PROMPT", "node": "not in the graph"}}',
        '{"type": "executing", "data": {"node": null}}',
        '{"type": "execution_error", "data": {"prompt_id": "of another"}}',
        '{"type": "execution_success", "data": {"prompt_id": ["PROMPT"]}}',
    ],
)
async def test_strange_messages_change_nothing(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str, extra: str
) -> None:
    server.extra = (extra.replace("PROMPT", prompt_id),)
    run = Run(client, prompt_id, SIMPLE.graph)
    assert files(await run.ended()) == SIMPLE.outputs
    fractions = [event.fraction for event in run.events]
    assert fractions == sorted(fractions)
    assert len(server.client_ids) == 1


@pytest.mark.parametrize("kind", ["execution_success", "execution_error", "execution_interrupted"])
async def test_an_end_announced_too_early_is_not_believed(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str, kind: str
) -> None:
    held = server.hold_before("executing")
    server.extra = (json.dumps({"type": kind, "data": {"prompt_id": prompt_id}}),)
    run = Run(client, prompt_id, SIMPLE.graph)
    await held.reached()
    await until(lambda: server.queue_polls >= 2)
    assert not run.task.done()
    held.release()
    assert files(await run.ended()) == SIMPLE.outputs


async def test_a_socket_that_joins_late_hears_of_a_node_without_its_prompt(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    messages = document("ws_late_connect")["ws"]
    assert isinstance(messages, list)
    late = next(message for message in messages if message.get("type") == "executing")
    assert "prompt_id" not in late["data"]
    server.extra = (json.dumps(late),)
    run = Run(client, prompt_id, SIMPLE.graph)
    await run.ended()
    started = [event.node_id for event in run.events if event.kind == "node_started"]
    assert started == ["1", "2"]


async def test_progress_of_other_clients_prompts_is_not_ours(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    theirs = document("ws_other_client_submit_without_client_id")["ws"]
    assert isinstance(theirs, list)
    server.extra = tuple(json.dumps(message) for message in theirs)
    run = Run(client, prompt_id, SIMPLE.graph)
    await run.ended()
    assert {event.prompt_id for event in run.events} == {prompt_id}
    assert run.kinds.count("node_started") == 2


async def test_progress_state_alone_tells_the_nodes(prompt_id: str) -> None:
    told = {"execution_start", "progress_state", "execution_success"}
    played = dataclasses.replace(
        PREVIEWS,
        messages=tuple(message for message in PREVIEWS.messages if message.get("type") in told),
    )
    async with ReplayComfyUI(played) as server, ComfyUI(server.url, limits=LIMITS) as client:
        run = Run(client, prompt_id, played.graph)
        execution = await run.ended()
    ran = [node.node_id for node in execution.nodes if not node.cached]
    assert ran == [event.node_id for event in run.events if event.kind == "node_started"]
    assert "3" in ran
    assert run.kinds.count("node_finished") == len(ran)


async def test_messages_may_come_before_the_answer_to_the_submission(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    run = Run(client, prompt_id, SIMPLE.graph)
    await run.ended()
    assert run.kinds.count("submitted") == 1
    assert run.kinds[0] == "submitted"


# When ComfyUI goes away.


async def test_a_prompt_that_comfyui_forgot_is_lost(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    held = server.hold_before("executing")
    run = Run(client, prompt_id, SIMPLE.graph)
    await held.reached()
    await server.restart()
    caught = await run.failed(PromptLost)
    assert caught.retryable


async def test_a_comfyui_that_stays_away_ends_the_wait_after_our_patience(prompt_id: str) -> None:
    limits = Limits(quiet_seconds=0.3, patience_seconds=0.2)
    async with ComfyUI("http://127.0.0.1:9", limits=limits) as lonely:
        await Run(lonely, prompt_id, SIMPLE.graph).failed(ComfyUIUnavailable)
    server = ReplayComfyUI(SIMPLE)
    async with server:
        client = ComfyUI(server.url, limits=limits)
        held = server.hold_before("executing")
        run = Run(client, prompt_id, SIMPLE.graph)
        await held.reached()
    async with client:
        caught = await run.failed(ComfyUIUnavailable)
    assert caught.retryable


async def test_closing_the_client_ends_its_runs(server: ReplayComfyUI, prompt_id: str) -> None:
    client = ComfyUI(server.url, limits=LIMITS)
    held = server.hold_before("executing")
    run = Run(client, prompt_id, SIMPLE.graph)
    await held.reached()
    await until(lambda: run.kinds)
    await client.close()
    await run.failed(ComfyUIUnavailable)
    assert server.copies(prompt_id) == 1
    await Run(client, f"{prompt_id}-2", SIMPLE.graph).failed(ComfyUIUnavailable)


async def test_a_listener_that_raises_ends_its_own_run_only(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    def listener(event: ExecutionEvent) -> None:
        if event.kind == "node_started":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await client.run(prompt_id, SIMPLE.graph, on_event=listener)
    assert files(await Run(client, f"{prompt_id}-2", SIMPLE.graph).ended()) == SIMPLE.outputs


async def test_many_prompts_are_followed_over_one_socket(
    server: ReplayComfyUI, client: ComfyUI, prompt_id: str
) -> None:
    runs = [Run(client, f"{prompt_id}-{number}", SIMPLE.graph) for number in range(20)]
    for run in runs:
        assert files(await run.ended()) == SIMPLE.outputs
    assert len(server.client_ids) == 1
    assert len(server.submissions) == 20

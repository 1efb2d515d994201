"""What the time of a trace is put down to."""

from kijko_mcp.questions.timing import Share, Span, comfyui_wait, itself, shares


def span(op: str, name: str, start: float, end: float, *children: Span) -> Span:
    made = Span(f"{op} {name} {start}", "kijko-api", op, name, start, end, children=list(children))
    for child in children:
        child.parent = made
    return made


def job(*children: Span) -> Span:
    return span("queue.process", "jobs", 30, 1000, *children)


def test_a_request_that_waits_for_its_job_does_nothing_itself_meanwhile() -> None:
    work = job(span("comfyui.node", "KSampler", 130, 900))
    published = span("queue.publish", "jobs", 10, 30, work)
    request = span("http.server", "POST /execute", 0, 1010, published)
    assert itself(request) == 20
    assert itself(published) == 20
    assert itself(work) == 200


def test_spans_side_by_side_are_counted_once() -> None:
    overlapping = job(
        span("http.client", "GET /a", 100, 300),
        span("http.client", "GET /b", 200, 400),
        span("http.client", "GET /c", 150, 250),
    )
    assert itself(overlapping) == 970 - 300


def test_what_lies_in_comfyui_before_the_first_node_is_its_queue() -> None:
    sent = span(
        "comfyui.api_call", "POST /prompt", 40, 50,
        span("http.client", "POST http://127.0.0.1:8188/prompt", 41, 50),
    )  # fmt: skip
    work = job(sent, span("comfyui.node", "KSampler", 450, 900))
    assert comfyui_wait(work) == 400
    assert itself(work) == 970 - 10 - 400 - 450
    found = {(each.kind, each.detail): each for each in shares([work])}
    assert found["queue wait", "ComfyUI"].spent == 400
    assert found["ComfyUI node", "KSampler"].spent == 450


def test_what_is_done_while_comfyui_queues_is_not_waiting() -> None:
    sent = span("comfyui.api_call", "POST /prompt", 40, 50)
    other = span("http.client", "GET /elsewhere", 100, 300)
    work = job(sent, other, span("comfyui.node", "KSampler", 450, 900))
    assert comfyui_wait(work) == 200


def test_a_job_that_never_came_to_a_node_has_not_waited_for_one() -> None:
    assert comfyui_wait(job(span("comfyui.api_call", "POST /prompt", 40, 50))) == 0


def test_a_request_to_comfyui_counts_to_the_call_that_names_its_route() -> None:
    calls = [
        span(
            "comfyui.api_call", "GET /history/{name}", start, start + 10,
            span("http.client", f"GET http://127.0.0.1:8188/history/{start}", start + 1, start + 9),
        )
        for start in (100, 200)
    ]  # fmt: skip
    found = [each for each in shares([job(*calls)]) if each.kind == "waiting for another program"]
    assert found == [
        Share(
            "waiting for another program", "GET /history/{name}", "comfyui.api_call", "kijko-api",
            20, 2,
        )
    ]  # fmt: skip

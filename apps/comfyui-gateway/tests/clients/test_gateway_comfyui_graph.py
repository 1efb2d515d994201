"""A graph is checked before it leaves: ComfyUI answers several bad shapes with nothing useful."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comfyui_gateway.clients.comfyui import GraphInvalid, check_graph
from comfyui_gateway.clients.comfyui.graph import is_link
from gateway_comfyui_graphs import node, picture, slow_picture
from gateway_comfyui_recordings import as_object, names, recording, refusal

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["1", "2", "class_type", "inputs", "nodes"]), inner)
    ),
    max_leaves=10,
)


def refused(graph: object) -> GraphInvalid:
    with pytest.raises(GraphInvalid) as caught:
        check_graph(graph)
    assert caught.value.message.endswith(".")
    assert caught.value.advice
    assert not caught.value.retryable
    return caught.value


@pytest.mark.parametrize("name", names("ok_", ran=True))
def test_what_comfyui_ran_is_a_graph(name: str) -> None:
    graph = recording(name).graph
    assert check_graph(graph) is graph


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("err_cycle", "circle"),
        ("err_dangling_link", "does not have"),
        ("err_no_class_type", "what"),
    ],
)
def test_what_comfyui_refuses_without_a_good_reason_is_refused_with_one(
    name: str, told: str
) -> None:
    assert refusal(name).status == 400
    assert told in refused(recording(name).graph).message


@pytest.mark.parametrize(
    "graph", [None, True, 3, "x", [], [1, 2], {}, {"1": None}, {"1": []}, {"1": "x"}, {1: {}}]
)
def test_what_is_no_object_of_nodes_is_refused(graph: object) -> None:
    refused(graph)


@pytest.mark.parametrize("class_type", [None, "", 3, [], {}])
def test_a_node_says_what_it_is(class_type: object) -> None:
    assert refused({"7": {"class_type": class_type, "inputs": {}}}).node_id == "7"


@pytest.mark.parametrize("inputs", [None, [], "x", 3])
def test_inputs_have_names(inputs: object) -> None:
    assert "inputs" in refused({"7": {"class_type": "X", "inputs": inputs}}).message


def test_the_editors_own_format_is_named() -> None:
    editor = {"nodes": [], "links": [], "version": 0.4}
    error = refused(editor)
    assert "editor" in error.message
    assert "API format" in error.advice
    assert as_object(refusal("err_ui_format_workflow").body)["node_errors"] == {}


def test_a_circle_is_shown() -> None:
    graph = {
        "1": node("ImageInvert", image=["3", 0]),
        "2": node("ImageInvert", image=["1", 0]),
        "3": node("ImageInvert", image=["2", 0]),
    }
    message = refused(graph).message
    assert all(f" {node_id} " in f"{message} ".replace(".", " ") for node_id in "123")


def test_a_node_linked_to_itself_is_a_circle() -> None:
    assert "circle" in refused({"1": node("ImageInvert", image=["1", 0])}).message


def test_a_graph_may_be_longer_than_pythons_stack() -> None:
    graph = slow_picture("x", steps=20_000)
    assert check_graph(graph) is graph
    graph["1"] = node("ImageInvert", image=["20001", 0])
    assert "…" in refused(graph).message


@pytest.mark.parametrize(
    ("value", "link"),
    [
        (["1", 0], True),
        (["1", 0.0], True),
        (["1", True], False),
        (["1"], False),
        (["1", 0, 0], False),
        ([1, 0], False),
        ("1", False),
        (["1", "0"], False),
    ],
)
def test_a_link_is_what_comfyui_takes_for_one(value: object, link: bool) -> None:
    assert is_link(value) is link


@pytest.mark.parametrize("value", [["a", "b"], [1, 2], ["1", 0, 1], {"x": ["9", 0]}])
def test_lists_that_are_no_links_are_values(value: object) -> None:
    graph = picture("x")
    inputs = graph["1"]["inputs"]
    assert isinstance(inputs, dict)
    inputs["list"] = value
    check_graph(graph)


@settings(deadline=None, max_examples=200, derandomize=True)
@given(anything)
def test_any_json_is_a_graph_or_refused(graph: object) -> None:
    try:
        checked = check_graph(graph)
    except GraphInvalid as error:
        assert error.message.endswith(".")  # noqa: PT017
        assert error.advice  # noqa: PT017
    else:
        assert all(node["class_type"] for node in checked.values())

"""What may be sent to ComfyUI: an API-format graph, checked before it leaves.

ComfyUI answers several malformed graphs with a bare 500, a Python ``KeyError`` as text, or an error
that names no node, so the shape is judged here. What only ComfyUI can know (which nodes exist,
which values they take) is left to its own validation.
"""

from collections.abc import Mapping
from typing import TypeGuard

from comfyui_gateway.clients.comfyui.errors import GraphInvalid

Node = Mapping[str, object]
Graph = Mapping[str, Node]
"""Node id to node: ``class_type`` and ``inputs``, where a link is ``[node id, output slot]``."""


_EXPORT_ADVICE = "Export the workflow from ComfyUI in API format and use that file."


def check_graph(graph: object) -> Graph:
    """Returns ``graph`` typed when its shape is one that ComfyUI can judge.

    Raises:
        GraphInvalid: It is not an API-format graph, or links to nothing, or runs in a circle.
    """
    if not isinstance(graph, Mapping):
        raise GraphInvalid(
            f"The graph is a JSON {_json_name(graph)}, not an object of nodes.",
            advice=_EXPORT_ADVICE,
        )
    if isinstance(graph.get("nodes"), list) and "class_type" not in graph:
        raise GraphInvalid(
            "The graph is in the editor's own format, which ComfyUI's API does not take.",
            advice=_EXPORT_ADVICE,
        )
    if not graph:
        raise GraphInvalid("The graph has no nodes.", advice=_EXPORT_ADVICE)
    links = {node_id: _links_of(node_id, node) for node_id, node in graph.items()}
    for node_id, sources in links.items():
        for input_name, source in sources.items():
            if source not in links:
                raise GraphInvalid(
                    f"Input {input_name!r} of node {node_id} is linked to node {source}, "
                    "which the graph does not have.",
                    advice="Add the missing node or link the input to another one.",
                    node_id=node_id,
                )
    _refuse_cycles({node_id: tuple(sources.values()) for node_id, sources in links.items()})
    return graph


def is_link(value: object) -> TypeGuard[list[object]]:
    """Whether an input's value is a link ``[node id, output slot]``, as ComfyUI judges it."""
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], int | float)
        and not isinstance(value[1], bool)
    )


def _links_of(node_id: object, node: object) -> dict[str, str]:
    """The linked inputs of one node, after checking the node's shape."""
    if not isinstance(node_id, str):
        raise GraphInvalid(f"Node id {node_id!r} is not a string.", advice=_EXPORT_ADVICE)
    if not isinstance(node, Mapping):
        raise GraphInvalid(
            f"Node {node_id} is a JSON {_json_name(node)}, not an object.",
            advice=_EXPORT_ADVICE,
            node_id=node_id,
        )
    class_type = node.get("class_type")
    if not isinstance(class_type, str) or not class_type:
        raise GraphInvalid(
            f"Node {node_id} does not say what it is: it has no class_type.",
            advice=_EXPORT_ADVICE,
            node_id=node_id,
        )
    inputs = node.get("inputs", {})
    if not isinstance(inputs, Mapping):
        raise GraphInvalid(
            f"The inputs of node {node_id} ({class_type}) are a JSON {_json_name(inputs)}, "
            "not an object.",
            advice=_EXPORT_ADVICE,
            node_id=node_id,
        )
    return {str(name): str(value[0]) for name, value in inputs.items() if is_link(value)}


def _refuse_cycles(links: Mapping[str, tuple[str, ...]]) -> None:
    """Depth first without recursion: a graph may be longer than Python's stack."""
    done: set[str] = set()
    for root in links:
        path: dict[str, None] = {}
        pending = [(root, False)]
        while pending:
            node_id, leaving = pending.pop()
            if leaving:
                del path[node_id]
                done.add(node_id)
                continue
            if node_id in done:
                continue
            if node_id in path:
                circle = list(path)[list(path).index(node_id) :]
                raise GraphInvalid(
                    f"The graph runs in a circle: {_circle(circle)}.",
                    advice="Remove one of these links.",
                    node_id=node_id,
                )
            path[node_id] = None
            pending.append((node_id, True))
            pending.extend((source, False) for source in links[node_id] if source not in done)


def _circle(node_ids: list[str]) -> str:
    shown = node_ids if len(node_ids) <= 8 else [*node_ids[:7], "…"]
    return " ← ".join([*shown, node_ids[0]])


def _json_name(value: object) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number" if isinstance(value, int | float) else "value")

"""Graphs that a ComfyUI without any model can run."""

import secrets

Node = dict[str, object]
ApiGraph = dict[str, Node]


def node(class_type: str, **inputs: object) -> Node:
    """One node."""
    return {"class_type": class_type, "inputs": inputs}


def new_colour() -> int:
    """A colour that no prompt has used yet: ComfyUI runs no node twice with the same inputs."""
    return secrets.randbelow(0x1000000)


def picture(prefix: str, *, colour: int | None = None, size: int = 64) -> ApiGraph:
    """One colour, saved."""
    colour = new_colour() if colour is None else colour
    return {
        "1": node("EmptyImage", width=size, height=size, batch_size=1, color=colour),
        "2": node("SaveImage", images=["1", 0], filename_prefix=prefix),
    }


def slow_picture(prefix: str, *, steps: int = 6) -> ApiGraph:
    """A picture whose nodes take long enough to be met while they run."""
    graph = {"1": node("EmptyImage", width=384, height=384, batch_size=1, color=new_colour())}
    for number in range(2, steps + 2):
        graph[str(number)] = node(
            "ImageBlur", image=[str(number - 1), 0], blur_radius=31, sigma=5.0
        )
    graph["save"] = node("SaveImage", images=[str(steps + 1), 0], filename_prefix=prefix)
    return graph


def video(prefix: str, *, size: int = 64) -> ApiGraph:
    """Eight frames of one colour in an MP4; an odd size makes the encoder fail."""
    return {
        "1": node("EmptyImage", width=size, height=size, batch_size=8, color=new_colour()),
        "2": node("CreateVideo", images=["1", 0], fps=8.0),
        "3": node("SaveVideo", video=["2", 0], filename_prefix=prefix, format="mp4", codec="h264"),
    }

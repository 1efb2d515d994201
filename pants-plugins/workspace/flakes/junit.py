"""The names of failed test cases in a JUnit XML report."""

from __future__ import annotations

from xml.etree import ElementTree


def failed_cases(report: bytes) -> tuple[str, ...]:
    """Read what failed, or could not run, in a report that our own test runner wrote.

    Returns:
        Names as `class.test`, sorted; none where the report cannot be read.
    """
    try:
        root = ElementTree.fromstring(report)  # noqa: S314  # our own runner's, not a stranger's
    except ElementTree.ParseError:
        return ()
    return tuple(
        sorted(
            ".".join(filter(None, (case.get("classname"), case.get("name"))))
            for case in root.iter("testcase")
            if case.find("failure") is not None or case.find("error") is not None
        )
    )

"""Patterns for SQL's LIKE."""


def like_pattern(text: str) -> str:
    """A LIKE pattern (escaped by backslash) of a value whose `*` are wildcards."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")

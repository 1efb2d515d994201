"""Sentry's short ids of issues: `KIJKO-API-1A`."""

_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def short_id(project_slug: str, number: int) -> str:
    """Sentry's short id: the project's slug and the number in base 32, like `KIJKO-API-1A`."""
    digits = ""
    while number:
        number, digit = divmod(number, 32)
        digits = _BASE32[digit] + digits
    return f"{project_slug.upper()}-{digits or '0'}"


def parse_short_id(text: str) -> tuple[str, int] | None:
    """The project slug and number of a short id, or None when it is none."""
    slug, _, digits = text.rpartition("-")
    if not slug or not digits or len(digits) > 10:
        return None
    number = 0
    for digit in digits.upper():
        if digit not in _BASE32:
            return None
        number = number * 32 + _BASE32.index(digit)
    return slug.lower(), number

"""Forms that pages post."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from local_sentry.routes.api.exchange import raw_body

_LARGEST = 4096
_MOST_FIELDS = 10


async def posted(request: Request) -> dict[str, str]:
    """The fields of a small form; empty when it cannot be read.

    Raises:
        TooLargeBodyError: it is not small.
    """
    body = await raw_body(request, _LARGEST)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:  # Not UTF-8, or too many fields.
        return {}

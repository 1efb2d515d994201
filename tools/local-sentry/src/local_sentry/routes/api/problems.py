"""What the API refuses, in the words and shapes Sentry's clients know."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import dump


class ApiError(Exception):
    """A request that is answered with `{"detail": …}`."""

    status = 400


class NotFoundError(ApiError):
    """There is nothing at that address."""

    status = 404

    def __init__(self, detail: str = "The requested resource does not exist") -> None:
        super().__init__(detail)


class BadParameterError(ApiError):
    """A query parameter cannot be understood."""


class ConflictError(ApiError):
    """What is to be made is there already, or stands in the way."""

    status = 409


class TooLargeBodyError(ApiError):
    """The body of a request is larger than this address takes."""

    status = 413


class MissingScopeError(ApiError):
    """The token may not do this."""

    status = 403

    def __init__(self, accepted: tuple[str, ...]) -> None:
        wanted = " or ".join(accepted)
        super().__init__(
            f"You do not have permission to perform this action: the token needs {wanted}."
            f" Make one with: local-sentry token --scope {accepted[0]}"
        )


class InvalidBodyError(ApiError):
    """Fields of a request's body are wrong, in Sentry's shape `{field: [sentence]}`."""

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(f"{field}: {said[0]}" for field, said in problems.items()))
        self.problems = dict(problems)


def on_api_error(request: Request, error: Exception) -> Response:
    """The answer to an error."""
    status = error.status if isinstance(error, ApiError) else 400
    body: object = {"detail": str(error)}
    if isinstance(error, InvalidBodyError):
        body = error.problems
    return Response(dump(body), status_code=status, media_type="application/json")

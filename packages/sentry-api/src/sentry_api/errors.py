"""What can go wrong between us and Sentry: a type, what is wrong, what to do about it.

No message holds the token, a header or a body that was sent.
"""


class SentryApiError(Exception):
    """A call that did not do what it should.

    Attributes:
        problem: One sentence: what is wrong.
        advice: One sentence: what to do.
    """

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(f"{problem} {advice}")
        self.problem = problem
        self.advice = advice


class BadConfiguration(SentryApiError):
    """An address, a token or a name that cannot be used; nothing was sent."""


class NoConnection(SentryApiError):
    """Nobody answered, or the connection broke off."""


class TookTooLong(SentryApiError):
    """The answer was not there in time; whether the call was carried out is not known."""


class RedirectRefused(SentryApiError):
    """The server pointed to another address, which must not see the token."""


class UnexpectedAnswer(SentryApiError):
    """The answer is not what Sentry's API says it is: not JSON, of another shape, too large."""


class AnsweredWithError(SentryApiError):
    """The server refused or failed.

    Attributes:
        status: The HTTP status.
        detail: What the server said, shortened.
    """

    def __init__(self, problem: str, advice: str, *, status: int, detail: str) -> None:
        super().__init__(problem, advice)
        self.status = status
        self.detail = detail


class InvalidRequest(AnsweredWithError):
    """400 and its kin: the server does not accept what was asked."""


class NotAuthenticated(AnsweredWithError):
    """401: no token, or not one that the server knows."""


class NotAllowed(AnsweredWithError):
    """403: the token may not do this.

    Attributes:
        scopes: Any one of these would allow it, weakest first; from the server where it says so.
    """

    def __init__(
        self, problem: str, advice: str, *, status: int, detail: str, scopes: tuple[str, ...]
    ) -> None:
        super().__init__(problem, advice, status=status, detail=detail)
        self.scopes = scopes


class NotFound(AnsweredWithError):
    """404: it is not there, or the token may not know that it is."""


class Conflict(AnsweredWithError):
    """409: it is there already, or something stands in the way."""


class RateLimited(AnsweredWithError):
    """429: too many calls.

    Attributes:
        retry_after: Seconds until the server wants to be asked again.
    """

    def __init__(
        self, problem: str, advice: str, *, status: int, detail: str, retry_after: float
    ) -> None:
        super().__init__(problem, advice, status=status, detail=detail)
        self.retry_after = retry_after


class ServerFailed(AnsweredWithError):
    """5xx: the server's own fault.

    Attributes:
        retry_after: Seconds until the server wants to be asked again, when it says so.
    """

    def __init__(
        self,
        problem: str,
        advice: str,
        *,
        status: int,
        detail: str,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(problem, advice, status=status, detail=detail)
        self.retry_after = retry_after

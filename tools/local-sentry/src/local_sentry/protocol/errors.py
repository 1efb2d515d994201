"""The refusals a Sentry sender can get, in the shape Relay gives them.

Source: getsentry/relay, `BadStoreRequest`, `BadEventMeta` and `EnvelopeError`: a JSON object with
`detail` and, where there is a cause, `causes`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class RejectedRequestError(Exception):
    """A request that is answered with an error and is not stored.

    Attributes:
        status: the HTTP status code.
        detail: what is wrong, one sentence.
        causes: the underlying reasons, outermost first.
        retry_after: seconds until the sender may try again; also sets Sentry's rate limit header.
        reason: the reason code of the rate limit header.
    """

    status: int
    detail: str
    causes: tuple[str, ...] = ()
    retry_after: int | None = None
    reason: str = ""

    def body(self) -> dict[str, object]:
        """The JSON object that is sent."""
        return {"detail": self.detail} | ({"causes": list(self.causes)} if self.causes else {})


class InvalidEnvelopeError(RejectedRequestError):
    """The framing of an envelope is broken, or contradicts itself."""

    def __init__(self, *causes: str) -> None:
        super().__init__(400, "invalid event envelope", causes)


class TooLargeError(RejectedRequestError):
    """A body or an item is larger than this server takes."""

    def __init__(self, what: str, limit: int, unit: str = "bytes") -> None:
        self.what = what
        super().__init__(
            413,
            f"envelope exceeded size limits for type '{what}'"
            " (https://develop.sentry.dev/sdk/envelopes/#size-limits)",
            (f"the limit is {limit} {unit}",),
        )


class ThrottledError(RejectedRequestError):
    """The server cannot take more now: the sender should hold back, as SDKs do on 429.

    `scope` is whom it concerns: the whole `organization`, a `project` or a `key`.
    """

    def __init__(
        self, cause: str, *, retry_after: int, reason: str, scope: str = "organization"
    ) -> None:
        self.scope = scope
        super().__init__(
            429,
            "Sentry dropped data due to a quota or internal rate limit being reached."
            " This will not affect your application.",
            (cause,),
            retry_after,
            reason,
        )

"""Typed async client of Sentry's web API.

Sentry's protocol is the contract: sentry.io, self-hosted and local-sentry are spoken to alike.
"""

from sentry_api._transport import Download
from sentry_api.client import SentryClient
from sentry_api.errors import (
    AnsweredWithError,
    BadConfiguration,
    Conflict,
    InvalidRequest,
    NoConnection,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    RateLimited,
    RedirectRefused,
    SentryApiError,
    ServerFailed,
    TookTooLong,
    UnexpectedAnswer,
)
from sentry_api.period import Period
from sentry_api.settings import SentrySettings

__all__ = [
    "AnsweredWithError",
    "BadConfiguration",
    "Conflict",
    "Download",
    "InvalidRequest",
    "NoConnection",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "Period",
    "RateLimited",
    "RedirectRefused",
    "SentryApiError",
    "SentryClient",
    "SentrySettings",
    "ServerFailed",
    "TookTooLong",
    "UnexpectedAnswer",
]

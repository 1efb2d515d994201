"""Designed errors: each says what is wrong and what to do about it."""


class ReleaseCliError(Exception):
    """Something that somebody can do something about; the base of every designed error here.

    Args:
        what: one sentence that says what is wrong.
        advice: one sentence that says what to do.
    """

    kind = "failed"
    exit_code = 1

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what} {advice}")
        self.what = what
        self.advice = advice

    def as_json(self) -> dict[str, object]:
        """The error as it stands in JSON."""
        return {"error": self.kind, "what": self.what, "advice": self.advice}


def designed(error: Exception) -> ReleaseCliError:
    """An error as one of ours; what nobody thought of is `Unexpected`."""
    if isinstance(error, ReleaseCliError):
        return error
    # Loaded by now where it can have been raised, and only there worth the time.
    from sentry_api import SentryApiError

    if isinstance(error, SentryApiError):
        return SentryRefused(error.problem, error.advice)
    if isinstance(error, OSError) and error.strerror:
        return CannotReadOrWrite(
            f"{error.filename or 'A file'}: {error.strerror}.",
            "Make room or give the right, and do it again.",
        )
    return Unexpected(error)


class Unexpected(ReleaseCliError):
    """A mistake of this program."""

    kind = "unexpected"

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"Something went wrong that nobody thought of: {type(error).__name__}: {error}.",
            "Report it with what RELEASE_DEBUG=1 prints.",
        )


class SentryRefused(ReleaseCliError):
    """Sentry did not do what was asked, or could not be reached."""

    kind = "sentry-failed"


class CannotReadOrWrite(ReleaseCliError):
    """The disk or the file system refused."""

    kind = "file-failed"


class SettingsInvalid(ReleaseCliError):
    """A value in the environment or on the command line cannot be used."""

    kind = "settings-invalid"
    exit_code = 2

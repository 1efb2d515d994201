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


class SettingsInvalid(ReleaseCliError):
    """A value in the environment or on the command line cannot be used."""

    kind = "settings-invalid"
    exit_code = 2

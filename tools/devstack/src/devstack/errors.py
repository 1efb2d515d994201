"""What can go wrong here, each said in one sentence with a second one on what to do."""


class DevstackError(Exception):
    """An error a person can act on.

    Args:
        what: One sentence: what is wrong.
        remedy: One sentence: what to do about it.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} {remedy}")
        self.what = what
        self.remedy = remedy


class ChildEndedError(DevstackError):
    """A program that should be running has ended, or could not be started."""


class NotReadyError(DevstackError):
    """A program runs but did not become ready before its deadline."""


class PortTakenError(DevstackError):
    """The port asked for is in use."""

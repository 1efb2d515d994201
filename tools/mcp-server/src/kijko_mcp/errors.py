"""What can go wrong here: a type, one sentence what is wrong, one what to do."""


class Trouble(Exception):
    """A question that cannot be answered.

    Attributes:
        problem: One sentence: what is wrong.
        advice: One sentence: what to do.
    """

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(f"{problem} {advice}")
        self.problem = problem
        self.advice = advice


class BadSettings(Trouble):
    """The environment or the command line has a value that cannot be used."""


class Unclear(Trouble):
    """What was asked for cannot be read, or names nothing that is there."""


class NothingFound(Trouble):
    """There is nothing like it; that is an answer too, but not the one that was asked for."""


class CheckoutUnreadable(Trouble):
    """Git or Pants cannot say what is needed of the checkout."""

"""This program is a Sentry project itself: what goes wrong in it is seen where SENTRY_DSN points.

Where that points nowhere, nothing of it is loaded.
"""

import os

from release_cli.errors import SettingsInvalid

_PROJECT = "kijko-release-cli"


def start() -> None:
    """Connect.

    Raises:
        SettingsInvalid: a value in the environment cannot be used.
    """
    if _is_on():
        import observability

        try:
            observability.init(_PROJECT)
        except observability.ObservabilityError as error:
            what, _, advice = str(error).partition(". ")
            raise SettingsInvalid(f"{what}.", advice) from None


def capture(error: BaseException) -> None:
    """Send an error that was handled."""
    if _is_on():
        import observability

        observability.capture_exception(error)


def stop() -> None:
    """Send what is left, for as long as the settings allow."""
    if _is_on():
        import observability

        observability.close()


def _is_on() -> bool:
    return bool(os.environ.get("SENTRY_DSN"))

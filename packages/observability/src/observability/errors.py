"""The errors this package raises, each one sentence of what is wrong and one of what to do."""


class ObservabilityError(Exception):
    """Anything here that must stop a program's start; its text is meant for the user."""


class SettingsError(ObservabilityError):
    """A value in the environment cannot be used."""


class ReleaseError(ObservabilityError):
    """A release name, or the stamp that holds it, cannot be used."""

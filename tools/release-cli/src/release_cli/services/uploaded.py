"""What an upload did."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What is on the server now, and what it took.

    Attributes:
        what: in words.
        files: how many are there.
        sent: how many chunks (or source maps) the server did not have.
        mappings: how many code mappings are set.
        removed: how many maps are no longer in what is served.
        warnings: what is not there, though the rest is.
    """

    what: str
    files: int
    sent: int
    mappings: int = 0
    removed: int = 0
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """As it stands in JSON."""
        return {
            "what": self.what,
            "files": self.files,
            "sent": self.sent,
            "skipped": self.sent == 0,
            "mappings": self.mappings,
            "maps_removed": self.removed,
            "warnings": list(self.warnings),
        }

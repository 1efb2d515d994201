"""What is asked of a dataset."""

from dataclasses import dataclass

from local_sentry.services.search import Condition
from local_sentry.store.explore.columns import Dataset


@dataclass(frozen=True, slots=True)
class ExploreQuery:
    """What to look for.

    Attributes:
        dataset: where.
        fields: columns and functions; with a function, the columns are grouped by.
        condition: the parsed search; conditions on functions hold for the groups.
        now: µs, for relative times.
        since: µs.
        until: µs.
        project_ids: only these; all when empty.
        environments: only these; all when empty.
        sort: fields or their aliases, descending with a `-` before them.
    """

    dataset: Dataset
    fields: tuple[str, ...]
    condition: Condition
    now: int
    since: int
    until: int
    project_ids: tuple[int, ...] = ()
    environments: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    limit: int = 50
    offset: int = 0

    @property
    def seconds(self) -> float:
        """The length of the period."""
        return (self.until - self.since) / 1e6

"""Tags what is released: what is to be tagged while git is at work goes together.

A push asks another machine: five apps need not ask it five times.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from release_cli.clients.git import GitFailed, Repository


@dataclass(slots=True)
class Tagger:
    """Tags commits of a repository.

    Attributes:
        remote: where tags are sent to; None keeps them here.
    """

    repository: Repository
    remote: str | None
    _wanted: dict[str, str] = field(default_factory=dict)
    _failed: dict[str, GitFailed] = field(default_factory=dict)
    _at_work: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def tag(self, name: str, commit: str) -> None:
        """Name a commit, here and at the remote; the same again changes nothing.

        Raises:
            GitFailed: another commit has that name, or the remote does not take it.
        """
        self._wanted[name] = commit
        async with self._at_work:
            if name in self._wanted:
                together, self._wanted = self._wanted, {}
                self._failed |= await asyncio.to_thread(self._write, together)
        if name in self._failed:
            raise self._failed[name]

    def _write(self, tags: Mapping[str, str]) -> dict[str, GitFailed]:
        try:
            self._write_all(tags)
        except GitFailed as error:
            if len(tags) == 1:
                return dict.fromkeys(tags, error)
        else:
            return {}
        failed: dict[str, GitFailed] = {}
        for name, commit in tags.items():  # one of them is to blame
            failed |= self._write({name: commit})
        return failed

    def _write_all(self, tags: Mapping[str, str]) -> None:
        self.repository.tag(tags)
        if self.remote is not None:
            self.repository.push_tags(tags, self.remote)

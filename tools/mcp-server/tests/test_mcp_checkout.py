"""The checkout, read by one git that stays: what is new is seen, what breaks is mended."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

import mcp_checkout
from kijko_mcp.workspace.checkout import Checkout
from kijko_mcp.workspace.commits import commit_of
from mcp_counting import noted_git
from mcp_envelopes import DAY, ago

BATCH = "cat-file --batch"


@pytest.fixture
def made(tmp_path: Path) -> mcp_checkout.Checkout:
    return mcp_checkout.Checkout.make(tmp_path / "made", ago(9 * DAY), ago(2 * DAY))


@asynccontextmanager
async def opened(made: mcp_checkout.Checkout) -> AsyncIterator[Checkout]:
    found = await Checkout.find(made.folder)
    assert found is not None
    async with aclosing(found):
        yield found


async def test_a_commit_a_checkout_and_a_branch_are_seen_at_once(
    made: mcp_checkout.Checkout,
) -> None:
    async with opened(made) as checkout:
        assert await checkout.head() == made.second
        third = made.commit("fix: a third", {"new.txt": "one\ntwo\n"})
        assert await checkout.head() == third
        assert "new.txt" in await checkout.files()
        assert await checkout.has(third[:8])
        made.git("checkout", "-q", made.first)
        assert await checkout.head() == made.first
        assert "new.txt" not in await checkout.files()
        made.git("checkout", "-q", "-b", "other", third)
        made.git("pack-refs", "--all")
        made.git("gc", "-q", "--prune=now")
        assert await checkout.head() == third
        assert await checkout.text_at(third[:10], "new.txt") == "one\ntwo\n"


async def test_a_file_that_is_added_but_not_committed_is_known(
    made: mcp_checkout.Checkout,
) -> None:
    async with opened(made) as checkout:
        assert "staged.txt" not in await checkout.files()
        (made.folder / "staged.txt").write_text("here")
        made.git("add", "staged.txt")
        assert "staged.txt" in (await checkout.tracked()).known


async def test_who_changed_a_line_is_as_of_the_commit_that_is_asked_about(
    made: mcp_checkout.Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = "lines.txt"
    before = made.commit("feat: lines", {file: "a\nb\nc\n"})
    gits = noted_git(tmp_path, monkeypatch)
    async with opened(made) as checkout:
        first = await checkout.last_change(file, 2, before)
        after = made.commit("fix: the second line", {file: "a\nB\nc\n"}, mcp_checkout.BO)
        changed = await checkout.last_change(file, 2, after)
        again = [await checkout.last_change(file, 2, each) for each in (before[:9], after)]
        nothing = [
            await checkout.last_change(*asked)
            for asked in (("none.txt", 1, after), (file, 99, after), (file, 1, "0" * 40))
        ]
    assert first is not None
    assert changed is not None
    assert (first.sha, first.author, first.subject) == (before, "Ada", "feat: lines")
    assert (changed.sha, changed.author) == (after, "Bo")
    assert again == [first, changed]
    assert nothing == [None, None, None]
    blames = [each for each in gits.started if " blame " in each]
    assert len(blames) == 2 + 2  # one for each line, and those that find nothing


async def test_how_far_a_commit_is_from_another(
    made: mcp_checkout.Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gits = noted_git(tmp_path, monkeypatch)
    async with opened(made) as checkout:
        assert await checkout.distance(made.first) == 1
        assert await checkout.distance(made.first[:7], made.second) == 1
        assert await checkout.distance(made.second, made.first) is None
        assert await checkout.distance("0" * 40) is None
        made.commit("feat: one more", {"more.txt": "more"})
        assert await checkout.distance(made.first) == 2
    counted = [each for each in gits.started if " rev-list " in each]
    assert len(counted) == 3  # the second question is the first one, in other words


async def test_one_git_reads_for_many_at_once(
    made: mcp_checkout.Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {f"many/{n}.txt": f"{n}\n" * n for n in range(100)}
    commit = made.commit("feat: many", texts | {"with space.txt": "x", "ünï.txt": "y"})
    gits = noted_git(tmp_path, monkeypatch)
    async with opened(made) as checkout:
        asked = [*texts, "none.txt", "with space.txt", "ünï.txt", "a\nb", "many"] * 5
        found = await asyncio.gather(*(checkout.text_at(commit, each) for each in asked))
    expected = [*texts.values(), None, "x", "y", None, None] * 5
    assert found == expected
    assert len([each for each in gits.started if BATCH in each]) == 1


async def test_a_git_that_is_killed_is_started_again(
    made: mcp_checkout.Checkout,
) -> None:
    async with opened(made) as checkout:
        for _ in range(3):
            assert await checkout.head() == made.second
            process = checkout._objects._process
            assert process is not None
            os.kill(process.pid, signal.SIGKILL)
            found = await asyncio.gather(*(checkout.has(made.first) for _ in range(20)))
            assert all(found)
        assert await checkout.text_at(made.second, mcp_checkout.EXECUTOR)


async def test_a_question_that_is_given_up_leaves_the_next_its_own_answer(
    made: mcp_checkout.Checkout,
) -> None:
    large = made.commit("feat: large", {"large.txt": "large\n" * 500_000, "small.txt": "small"})
    async with opened(made) as checkout:
        for turns in range(8):
            asked = asyncio.create_task(checkout.text_at(large, "large.txt"))
            for _ in range(turns):
                await asyncio.sleep(0)
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
            assert await checkout.text_at(large, "small.txt") == "small"


async def test_a_file_that_is_too_large_is_passed_over(made: mcp_checkout.Checkout) -> None:
    commit = made.commit("feat: huge", {"huge.txt": "x" * (5 * 1024 * 1024), "small.txt": "s"})
    async with opened(made) as checkout:
        assert await checkout.text_at(commit, "huge.txt") is None
        assert await checkout.text_at(commit, "small.txt") == "s"


async def test_the_git_ends_with_the_checkout(made: mcp_checkout.Checkout) -> None:
    async with opened(made) as checkout:
        await checkout.head()
        process = checkout._objects._process
        assert process is not None
        assert process.returncode is None
    assert process.returncode is not None


async def test_a_repository_that_is_made_anew_is_the_new_one(
    made: mcp_checkout.Checkout, tmp_path: Path
) -> None:
    other = mcp_checkout.Checkout.make(tmp_path / "other", ago(3 * DAY), ago(DAY))
    async with opened(made) as checkout:
        assert await checkout.head() == made.second
        made.folder.rename(tmp_path / "gone")
        other.folder.rename(made.folder)
        assert await checkout.head() == other.second
        assert not await checkout.has(made.second)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            b"tree 1\nauthor A B <a@b> 1 +0000\ncommitter C <c@d> 60 +0000\n\nfix: it\n\nwhy\n",
            ("A B", 60, "fix: it"),
        ),
        (
            b"tree 1\nauthor <> 1 +0000\ncommitter C <c@d> 60 -0130\n\n\n two \n lines\n",
            ("", 60, "two lines"),
        ),
        (
            (
                b"tree 1\nauthor \xc5 <a> 1 +0000\ncommitter C <c> 60 +0000\n"
                b"encoding ISO-8859-1\n\n\xe9"
            ),
            ("Å", 60, "é"),
        ),
        (
            (
                b"tree 1\nauthor A <a> 1 +0000\ncommitter C <c> 60 +0000\n"
                b"gpgsig x\n author N <n> 9 +0000\n\nsigned"
            ),
            ("A", 60, "signed"),
        ),
        (b"tree 1\n\nno people", None),
    ],
)
def test_commits_are_read_as_git_writes_them(
    content: bytes, expected: tuple[str, int, str] | None
) -> None:
    found = commit_of("1" * 40, content)
    if expected is None:
        assert found is None
        return
    assert found is not None
    assert found.at is not None
    assert (found.author, found.at.timestamp(), found.subject) == expected

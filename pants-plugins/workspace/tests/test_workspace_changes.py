"""What changed, in real repositories with awkward histories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from workspace.affected.changes import CannotKnow, Change, Repository
from workspace.tests.workspace_git import ENVIRONMENT, History

LONG = "\n".join(f"line {number}" for number in range(40))


@pytest.fixture
def history(tmp_path: Path) -> History:
    history = History(tmp_path / "repository")
    history.commit({"a.py": "a", "b.py": "b", "deep/long.py": LONG, ".gitignore": "*.log\n"})
    history.git("tag", "start")
    return history


def repository(history: History, folder: str = ".") -> Repository:
    return Repository(history.folder / folder, ENVIRONMENT)


def changes(history: History, since: str = "start", until: str | None = None) -> list[Change]:
    return list(repository(history).compare(since, until).changes)


def test_committed_staged_unstaged_and_untracked_files_all_count(history: History) -> None:
    history.commit({"a.py": "committed"})
    history.write({"b.py": "staged", "deep/long.py": "unstaged", "new.py": "", "x.log": ""})
    history.git("add", "b.py")
    assert changes(history) == [
        Change("a.py", "modified"),
        Change("b.py", "modified"),
        Change("deep/long.py", "modified"),
        Change("new.py", "added"),
    ]


def test_nothing_changed(history: History) -> None:
    (history.folder / "a.py").touch()
    assert changes(history) == []


def test_a_change_that_was_taken_back_is_none(history: History) -> None:
    history.commit({"a.py": "other"})
    history.write({"a.py": "a"})
    assert changes(history) == []


def test_until_looks_at_commits_only(history: History) -> None:
    history.commit({"a.py": "committed"})
    history.git("tag", "end")
    history.commit({"b.py": "later"})
    history.write({"deep/long.py": "unstaged", "new.py": ""})
    assert changes(history, until="end") == [Change("a.py", "modified")]


def test_a_rename_keeps_where_it_came_from(history: History) -> None:
    history.git("mv", "deep/long.py", "deep/moved.py")
    (rename,) = changes(history)
    assert rename == Change("deep/moved.py", "renamed", "deep/long.py")
    assert rename.paths == ("deep/moved.py", "deep/long.py")
    history.commit()
    assert changes(history, until="HEAD") == [rename]


def test_a_file_moved_by_hand_is_gone_and_new(history: History) -> None:
    (history.folder / "deep/long.py").rename(history.folder / "moved.py")
    assert changes(history) == [Change("deep/long.py", "deleted"), Change("moved.py", "added")]


def test_a_file_that_git_forgot_but_lies_there_is_not_deleted(history: History) -> None:
    history.git("rm", "--cached", "--quiet", "a.py")
    assert changes(history) == [Change("a.py", "modified")]


def test_a_copy_is_new_and_odd_names_are_kept(history: History) -> None:
    history.commit({"deep/ with\tblank ä.py": LONG, "new\nline.py": "x"})
    assert [change.path for change in changes(history)] == [
        "deep/ with\tblank ä.py",
        "new\nline.py",
    ]


def test_only_what_this_branch_did_counts(history: History) -> None:
    history.git("switch", "--quiet", "--create", "topic")
    history.commit({"a.py": "topic"})
    history.git("switch", "--quiet", "main")
    history.commit({"b.py": "main went on"})
    history.git("switch", "--quiet", "topic")
    assert changes(history, "main") == [Change("a.py", "modified")]


def test_a_workspace_below_the_repositorys_root_sees_its_own_files(history: History) -> None:
    history.commit({"a.py": "outside", "deep/long.py": "inside"})
    history.write({"other.py": "", "deep/new.py": ""})
    below = repository(history, "deep")
    assert list(below.compare("start").changes) == [
        Change("long.py", "modified"),
        Change("new.py", "added"),
    ]
    assert below.file_at("start", "long.py") == LONG
    assert below.file_at("start", "a.py") is None


@pytest.mark.parametrize("since", ["mian", "--output=x", "start:a.py", ""])
def test_an_unknown_commit_cannot_be_compared(history: History, since: str) -> None:
    with pytest.raises(CannotKnow, match="There is no commit"):
        changes(history, since)


def test_unrelated_histories_have_no_merge_base(history: History) -> None:
    history.git("switch", "--quiet", "--orphan", "other")
    history.commit({"c.py": "c"})
    with pytest.raises(CannotKnow, match="no merge base; their histories are unrelated"):
        changes(history, "main")


def test_a_shallow_clone_says_that_it_is_one(history: History, tmp_path: Path) -> None:
    history.commit({"a.py": "second"})
    clone = tmp_path / "clone"
    history.git("clone", "--quiet", "--depth=1", f"file://{history.folder}", str(clone))
    shallow = Repository(clone, ENVIRONMENT)
    with pytest.raises(CannotKnow, match=r"There is no commit 'start'.*`git fetch --unshallow`"):
        shallow.compare("start")
    assert list(shallow.compare("HEAD").changes) == []
    subprocess.run(
        ["git", "fetch", "--quiet", "--depth=1", "origin", "tag", "start"],
        cwd=clone,
        env=ENVIRONMENT,
        check=True,
    )
    with pytest.raises(CannotKnow, match="no merge base; the clone is shallow"):
        shallow.compare("start")


def test_a_folder_without_git_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(CannotKnow, match="is not a git checkout"):
        Repository(tmp_path, {**ENVIRONMENT, "GIT_DIR": "/nowhere"}).compare("HEAD")


def test_without_git_nothing_can_be_compared(tmp_path: Path) -> None:
    with pytest.raises(CannotKnow, match="git is not on the PATH"):
        Repository(tmp_path, {"PATH": str(tmp_path)}).compare("HEAD")


def test_a_repository_without_commits_cannot_be_compared(tmp_path: Path) -> None:
    empty = History(tmp_path / "empty")
    with pytest.raises(CannotKnow, match="There is no commit 'HEAD'"):
        changes(empty, "HEAD")


@pytest.fixture
def with_submodule(history: History, tmp_path: Path) -> History:
    library = History(tmp_path / "library")
    library.commit({"lib/one.py": "1", "lib/two.py": "2"})
    history.git("submodule", "--quiet", "add", str(library.folder), "vendor/library")
    history.commit()
    history.git("tag", "--force", "start")
    return history


def in_submodule(history: History) -> History:
    return History(history.folder / "vendor/library")


def test_the_files_of_a_submodule_are_named_one_by_one(with_submodule: History) -> None:
    in_submodule(with_submodule).commit({"lib/one.py": "new"})
    expected = [Change("vendor/library/lib/one.py", "modified")]
    assert changes(with_submodule) == expected
    with_submodule.commit()
    assert changes(with_submodule, until="HEAD") == expected
    in_submodule(with_submodule).write({"lib/three.py": ""})
    assert changes(with_submodule) == [*expected, Change("vendor/library/lib/three.py", "added")]
    assert changes(with_submodule, until="HEAD") == expected


def test_a_submodule_that_comes_or_goes_brings_and_takes_its_files(with_submodule: History) -> None:
    before = with_submodule.git("rev-parse", "start^")
    assert [change.path for change in changes(with_submodule, before, "HEAD")] == [
        ".gitmodules",
        "vendor/library/lib/one.py",
        "vendor/library/lib/two.py",
    ]
    assert changes(with_submodule, before) == changes(with_submodule, before, "HEAD")


def test_a_submodule_whose_commit_is_not_here_cannot_be_compared(
    with_submodule: History, tmp_path: Path
) -> None:
    in_submodule(with_submodule).commit({"lib/one.py": "new"})
    with_submodule.commit()
    clone = tmp_path / "clone"
    with_submodule.git("clone", "--quiet", f"file://{with_submodule.folder}", str(clone))
    with pytest.raises(CannotKnow, match="vendor/library changed and is not checked out"):
        Repository(clone, ENVIRONMENT).compare("start")


def test_the_files_of_a_commit_can_be_written_out(with_submodule: History, tmp_path: Path) -> None:
    with_submodule.commit({"a.py": "later"})
    status = with_submodule.git("status", "--porcelain")
    repository(with_submodule).write_tree("start", tmp_path / "tree", tmp_path / "scratch")
    assert (tmp_path / "tree/a.py").read_text() == "a"
    assert (tmp_path / "tree/vendor/library/lib/two.py").read_text() == "2"
    assert with_submodule.git("status", "--porcelain") == status == ""

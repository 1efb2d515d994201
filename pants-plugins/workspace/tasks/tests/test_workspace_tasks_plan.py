"""Plans: what `needs` means, circles, and orders that hold on random graphs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspace.projects import WorkspaceError
from workspace.tasks.plan import Plan, TaskCycle, TaskId, Workspace, make_plan


def workspace(needs: Mapping[str, list[str]], **dependencies: list[str]) -> Workspace:
    ids = {TaskId(*task.split(":")): tuple(words) for task, words in needs.items()}
    return Workspace(ids, dependencies)


def planned(where: Workspace, *names: str, projects: str = "app lib base") -> dict[str, list[str]]:
    plan = make_plan(where, names, projects.split())
    return {str(task): [str(need) for need in needs] for task, needs in plan.needs.items()}


def test_a_caret_means_the_same_task_in_dependencies() -> None:
    where = workspace(
        {"app:build": ["^build"], "lib:build": ["^build"], "base:build": []},
        app=["lib"],
        lib=["base"],
    )
    assert planned(where, "build", projects="app") == {
        "base:build": [],
        "lib:build": ["base:build"],
        "app:build": ["lib:build"],
    }


def test_a_caret_sees_through_a_dependency_without_the_task() -> None:
    where = workspace({"app:build": ["^build"], "base:build": []}, app=["lib"], lib=["base", "app"])
    assert planned(where, "build", projects="app")["app:build"] == ["base:build"]


def test_a_caret_may_name_another_task_and_find_none() -> None:
    where = workspace(
        {"app:deploy": ["^package", "test"], "app:test": [], "lib:package": []}, app=["lib"]
    )
    assert planned(where, "deploy")["app:deploy"] == ["app:test", "lib:package"]
    alone = workspace({"app:deploy": ["^package"]}, app=["lib"])
    assert planned(alone, "deploy") == {"app:deploy": []}


def test_several_names_share_what_they_need() -> None:
    where = workspace({"app:a": ["c"], "app:b": ["c"], "app:c": [], "app:unused": []})
    assert planned(where, "a", "b") == {"app:c": [], "app:a": ["app:c"], "app:b": ["app:c"]}
    assert make_plan(where, ["a", "b"], ["app"]).stages() == [
        [TaskId("app", "c")],
        [TaskId("app", "a"), TaskId("app", "b")],
    ]


def test_a_circle_is_refused_and_printed() -> None:
    where = workspace({"app:start": ["a"], "app:a": ["b"], "app:b": ["c"], "app:c": ["a"]})
    with pytest.raises(TaskCycle, match="app:a → app:b → app:c → app:a"):
        planned(where, "start")
    with pytest.raises(TaskCycle, match="app:a → app:a"):
        planned(workspace({"app:a": ["a"]}), "a")


def test_a_circle_between_projects_is_a_circle_of_their_tasks() -> None:
    where = workspace({"app:build": ["^build"], "lib:build": ["^build"]}, app=["lib"], lib=["app"])
    with pytest.raises(TaskCycle, match="app:build → lib:build → app:build"):
        planned(where, "build")


def test_names_that_do_not_exist_are_named() -> None:
    where = workspace({"app:deploy": ["tset"], "app:test": []})
    with pytest.raises(
        WorkspaceError, match=r"No project has a task biuld. The tasks here: deploy, test"
    ):
        planned(where, "biuld")
    with pytest.raises(WorkspaceError, match=r"app:deploy needs tset.*Its tasks: deploy, test"):
        planned(where, "deploy")


def test_a_chain_of_thousands_is_only_long() -> None:
    where = workspace({f"app:t{n}": [f"t{n - 1}"] if n else [] for n in range(5000)})
    assert len(make_plan(where, ["t4999"], ["app"]).stages()) == 5000


@st.composite
def workspaces(draw: st.DrawFn) -> Workspace:
    projects = [f"p{n}" for n in range(draw(st.integers(1, 6)))]
    words = st.sampled_from(["a", "b", "^a", "^b", "^c"])
    needs = {}
    for project in projects:
        for task in "abc":
            if task != "c" and not draw(st.booleans()):
                continue
            chosen = draw(st.lists(words, max_size=2))
            needs[TaskId(project, task)] = tuple(chosen)
    present = {
        task: tuple(word for word in said if word[0] == "^" or TaskId(task.project, word) in needs)
        for task, said in needs.items()
    }
    pairs = draw(
        st.lists(st.tuples(st.sampled_from(projects), st.sampled_from(projects)), max_size=10)
    )
    return Workspace(present, {p: sorted({b for a, b in pairs if a == p}) for p in projects})


def reachable(where: Workspace, start: TaskId) -> set[TaskId]:
    found: set[TaskId] = set()
    pending = [start]
    while pending:
        for need in where.needed_by(pending.pop()):
            if need not in found:
                found.add(need)
                pending.append(need)
    return found


@given(workspaces())
def test_a_plan_is_closed_ordered_and_minimal_or_there_is_a_circle(where: Workspace) -> None:
    wanted = {task for task in where.needs if task.task == "c"}
    below = {task: reachable(where, task) for task in where.needs}
    everything = wanted.union(*(below[task] for task in wanted))
    try:
        plan: Plan = make_plan(where, ["c"], where.dependencies)
    except TaskCycle:
        assert any(task in below[task] for task in everything)
        return
    assert not any(task in below[task] for task in everything)
    assert set(plan.needs) == everything
    order = [*plan.needs]
    for task, needs in plan.needs.items():
        assert list(needs) == where.needed_by(task)
        assert all(order.index(need) < order.index(task) for need in needs)
    assert [task for stage in plan.stages() for task in sorted(stage)] != [] or not wanted

"""One job as steps for this machine: parameters, commands and conditions filled in."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from workspace.ci.local_job import (
    LocalStep,
    has_context,
    job_names,
    steps_of,
    with_pipeline_values,
)
from workspace.projects import WorkspaceError

CONFIG: dict[str, Any] = yaml.safe_load("""
version: 2.1
executors:
  machine: {docker: [{image: i}], environment: {LEVEL: 1, FROM: executor}}
commands:
  prepare:
    parameters: {depth: {type: integer, default: 1}}
    steps: [checkout, {run: {name: Deep, command: "echo << parameters.depth >>"}}]
jobs:
  test:
    executor: machine
    environment: {FROM: job}
    working_directory: ~/project
    parameters: {targets: {type: string}, quick: {type: boolean, default: true}}
    steps:
      - prepare: {depth: 2}
      - when: {condition: << parameters.quick >>, steps: [{run: "quick\\nmore"}]}
      - unless: {condition: << parameters.quick >>, steps: [{run: slow}]}
      - run: {command: "test << parameters.targets >>", when: always,
          environment: {X: 1}, working_directory: a}
      - store_artifacts: {path: dist}
  alone: {docker: [{image: i}], steps: [checkout]}
workflows:
  all:
    jobs:
      - test: {name: test-1, targets: one, context: [secrets]}
      - test: {name: test-2, targets: two, quick: false}
""")
ENV = {"LEVEL": "1", "FROM": "job"}


def test_a_job_is_called_as_the_workflow_calls_it() -> None:
    assert job_names(CONFIG) == ["test-1", "test-2", "alone"]


def test_steps_have_parameters_commands_and_environment_filled_in() -> None:
    assert steps_of(CONFIG, "test-1") == [
        LocalStep("Check out the commit: this is its clone", None),
        LocalStep("Deep", "echo 2", ENV),
        LocalStep("quick", "quick\nmore", ENV),
        LocalStep("test one", "test one", {**ENV, "X": "1"}, "always", "a"),
        LocalStep("store_artifacts: only on CircleCI", None),
    ]


def test_a_job_has_the_secrets_that_its_workflow_gives_it() -> None:
    assert has_context(CONFIG, "test-1")
    assert not any(has_context(CONFIG, job) for job in ("test-2", "test", "alone"))


def test_conditions_choose_steps() -> None:
    commands = [step.command for step in steps_of(CONFIG, "test-2")]
    assert commands == [None, "echo 2", "slow", "test two", None]


def test_a_job_in_no_workflow_runs_with_its_defaults() -> None:
    assert [step.command for step in steps_of(CONFIG, "alone")] == [None]


def test_a_job_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(WorkspaceError, match="The jobs: test-1, test-2, alone"):
        steps_of(CONFIG, "test-3")


def test_what_circleci_knows_of_a_pipeline_is_filled_in_or_empty() -> None:
    text = "<< pipeline.git.branch >> <<pipeline.git.base_revision>>, << pipeline.parameters.x >>"
    filled = with_pipeline_values(text, {"git.branch": "topic"})
    assert filled == "topic , << pipeline.parameters.x >>"

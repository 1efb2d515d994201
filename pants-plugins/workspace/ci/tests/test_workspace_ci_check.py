"""The check of what CircleCI's schema does not notice, one wrong file at a time."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from workspace.ci.check import problems

GOOD = """
version: 2.1
orbs: {continuation: circleci/continuation@1.0.0}
parameters: {nightly: {type: boolean, default: false}}
executors:
  machine:
    parameters: {size: {type: enum, enum: [small, large], default: small}}
    docker: [{image: cimg/base:current}]
    resource_class: << parameters.size >>
commands:
  prepare:
    parameters: {depth: {type: integer, default: 1}}
    steps: [checkout, {run: "echo << parameters.depth >>"}]
jobs:
  test:
    parameters: {targets: {type: string}, quick: {type: boolean, default: true}}
    executor: {name: machine, size: large}
    steps:
      - prepare: {depth: 2}
      - when: {condition: << parameters.quick >>, steps: [{run: "test << parameters.targets >>"}]}
  again:
    executor: machine
    steps: [prepare, continuation/continue: {configuration_path: a.yml}]
workflows:
  all:
    when: << pipeline.parameters.nightly >>
    jobs:
      - test: {name: test-1, targets: a}
      - test: {name: test-2, targets: b, requires: [test-1]}
      - test: {matrix: {parameters: {targets: [x, y]}}, name: m, requires: [{test-1: failed}]}
      - hold: {type: approval, requires: [m-x]}
      - again: {requires: [hold, test-2], context: [secrets], filters: {branches: {only: main}}}
"""


def changed(**at: Any) -> dict[str, Any]:
    """The good file with values put in at dotted paths."""
    config: dict[str, Any] = yaml.safe_load(GOOD)
    for path, value in at.items():
        *parents, last = path.split("__")
        place = config
        for parent in parents:
            place = place[parent]
        place[last] = value
    return config


def workflow(*jobs: Any) -> dict[str, Any]:
    return changed(workflows__all__jobs=list(jobs))


def test_nothing_is_wrong_with_a_good_file() -> None:
    assert problems(yaml.safe_load(GOOD)) == []


TEST = {"targets": "a"}


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (workflow("tset"), "workflow all: job tset is not defined."),
        (changed(jobs__again__executor="machin"), "job again: executor machin is not defined."),
        (
            changed(jobs__again={"steps": ["checkout"]}),
            "job again: says neither an executor nor an image.",
        ),
        (changed(jobs__again__steps=["prepaer"]), "job again: command prepaer is not defined."),
        (
            changed(jobs__again__steps=[{"when": {"condition": True, "steps": ["nothing"]}}]),
            "job again: command nothing is not defined.",
        ),
        (changed(jobs__again__steps=["slack/notify"]), "job again: orb slack is not declared."),
        (
            changed(jobs__again__steps=[{"prepare": {"dept": 1}}]),
            "job again: command prepare has no parameter dept.",
        ),
        (
            changed(jobs__again__steps=[{"prepare": {"depth": "two"}}]),
            "job again: command prepare: parameter depth must be of type integer, not 'two'.",
        ),
        (
            changed(jobs__again__executor={"name": "machine", "size": "huge"}),
            "job again: executor machine: parameter size must be of type enum, not 'huge'.",
        ),
        (workflow("test"), "workflow all: job test needs the parameter targets."),
        (
            workflow({"test": {**TEST, "quick": "yes"}}),
            "workflow all: job test: parameter quick must be of type boolean, not 'yes'.",
        ),
        (
            workflow({"test": {**TEST, "slow": True}}),
            "workflow all: job test has no parameter slow.",
        ),
        (
            changed(jobs__again__steps=[{"run": "echo << parameters.depth >>"}]),
            "job again: << parameters.depth >> is not declared.",
        ),
        (
            changed(jobs__again__steps=[{"run": "echo << pipeline.parameters.day >>"}]),
            "job again: << pipeline.parameters.day >> is not declared.",
        ),
        (
            workflow({"again": {"requires": ["lint"]}}),
            "workflow all: job again requires lint, which is not in it.",
        ),
        (workflow("again", "again"), "workflow all: two jobs are called again."),
        (
            workflow({"test": {**TEST, "requires": ["again"]}}, {"again": {"requires": ["test"]}}),
            "workflow all: jobs require each other in a circle: test → again → test.",
        ),
        (
            changed(commands__prepare__steps=["prepare"]),
            "Commands call each other in a circle: prepare → prepare.",
        ),
        (
            workflow({"again": {"pre-steps": ["nothing"]}}),
            "workflow all: job again: command nothing is not defined.",
        ),
    ],
)
def test_each_thing_that_leads_nowhere_is_named(config: dict[str, Any], sentence: str) -> None:
    assert problems(config) == [sentence]

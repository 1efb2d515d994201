"""A plan on paper: as a list of stages, and as a Mermaid flowchart."""

from __future__ import annotations

from workspace.tasks.plan import Plan


def stages(plan: Plan) -> str:
    """The tasks by stage: what stands in one line of a stage may run at the same time."""
    lines = []
    for number, stage in enumerate(plan.stages(), 1):
        for task in stage:
            needs = ", ".join(map(str, plan.needs[task]))
            lines.append(f"{number}. {task}" + (f"  after {needs}" if needs else ""))
    return "\n".join(lines) or "Nothing to do."


def mermaid(plan: Plan) -> str:
    """The plan as a Mermaid flowchart: an arrow leads from a task to what may start after it."""
    names = {task: f"t{number}" for number, task in enumerate(plan.needs)}
    lines = ["flowchart LR"]
    lines += [f'  {name}["{task}"]' for task, name in names.items()]
    lines += [
        f"  {names[need]} --> {names[task]}" for task, needs in plan.needs.items() for need in needs
    ]
    return "\n".join(lines)

"""Workflows: which there are, and running one."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, JsonValue

from comfyui_gateway.models import ExecuteRequest, JobDocument
from comfyui_gateway.problems import PROBLEM_MEDIA_TYPE, Problem
from comfyui_gateway.routes.dependencies import IdempotencyKey, TheGateway, Wait, while_connected
from comfyui_gateway.routes.documents import job_answer, output_url
from comfyui_gateway.routes.outputs import output_answer
from comfyui_gateway.services.workflow_templates import WorkflowTemplate

router = APIRouter(prefix="/api/workflows", tags=["workflows"])


class WorkflowDocument(BaseModel):
    """A workflow and what it may be asked for."""

    id: str
    title: str
    description: str
    parameters: dict[str, JsonValue]


class WorkflowList(BaseModel):
    """Every workflow."""

    workflows: list[WorkflowDocument]


@router.get("", summary="List the workflows")
async def list_workflows(gateway: TheGateway) -> WorkflowList:
    """Every workflow, with the JSON Schema of its parameters."""
    return WorkflowList(workflows=[_document(template) for template in gateway.catalog.all()])


@router.get("/{workflow_id}", summary="Show a workflow")
async def show_workflow(workflow_id: str, gateway: TheGateway) -> WorkflowDocument:
    """One workflow, with the JSON Schema of its parameters."""
    return _document(gateway.catalog.get(workflow_id))


@router.post(
    "/{workflow_id}/execute",
    summary="Run a workflow",
    status_code=202,
    response_model=JobDocument,
    responses={
        200: {
            "model": JobDocument,
            "description": "The job ended within the time to wait, or its first output.",
        },
        202: {"description": "The job is stored and will run."},
        422: {"model": Problem, "content": {PROBLEM_MEDIA_TYPE: {}}},
    },
)
async def execute(
    workflow_id: str,
    body: ExecuteRequest,
    request: Request,
    gateway: TheGateway,
    wait: Wait,
    key: IdempotencyKey,
    answer: Annotated[
        Literal["job", "output"],
        Query(description="`output`: the first file itself, when the job succeeds in time."),
    ] = "job",
) -> Response:
    """Store a job and run it. It is on disk before the answer leaves.

    With `Prefer: wait=SECONDS` the answer is 200 with the ended job when it ends in time, or with
    `answer=output` the bytes of its first output: `Location` names the job, `Content-Location` the
    file. A job that fails, or goes on, is answered as a job all the same.
    """
    job, new = await gateway.intake.accept(workflow_id, body, idempotency_key=key)
    headers = {"location": f"/api/jobs/{job.id}"}
    if not new:
        headers["idempotent-replayed"] = "true"
    if wait:
        headers["preference-applied"] = f"wait={wait:g}"
        waited = await while_connected(request, gateway.watch.wait(job, wait))
        job = waited or job
    if answer == "output" and job.status == "succeeded":
        output = job.outputs[0]
        headers |= {"content-location": output_url(job, output), "cache-control": "no-store"}
        return await output_answer(gateway, output, whole=True, headers=headers)
    status = 200 if job.finished else 202
    return job_answer(job, gateway.feed.latest(job.id), status=status, **headers)


def _document(template: WorkflowTemplate) -> WorkflowDocument:
    return WorkflowDocument(
        id=template.id,
        title=template.file.title,
        description=template.file.description,
        parameters=template.parameters.json_schema(),
    )

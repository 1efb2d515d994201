"""Runs the main job of Kijko through the stack, and once something that fails."""

import asyncio
from dataclasses import dataclass

from devstack.errors import NotReadyError
from devstack.gateway import GatewayClient, Job

IMAGE_WORKFLOW = "gradient-backdrop"
VIDEO_WORKFLOW = "gradient-loop"
FAILING_WORKFLOW = "fails-on-purpose"


@dataclass(frozen=True)
class Demonstration:
    """What became of each workflow.

    Attributes:
        image: A picture made by ComfyUI.
        video: A video made by ComfyUI, made fit for players by FFmpeg, with a thumbnail.
        failure: A render that its encoder refuses.
    """

    image: Job
    video: Job
    failure: Job


async def demonstrate(gateway: GatewayClient, *, within: float) -> Demonstration:
    """Run the three workflows side by side.

    Args:
        gateway: Where to run them.
        within: Seconds they may take.

    Raises:
        GatewayError: The gateway refused one, or does not answer.
        NotReadyError: One has not ended in time.
    """

    async def run(workflow_id: str) -> Job:
        return await gateway.when_ended(await gateway.start(workflow_id, {}))

    workflows = (IMAGE_WORKFLOW, VIDEO_WORKFLOW, FAILING_WORKFLOW)
    try:
        async with asyncio.timeout(within), asyncio.TaskGroup() as running:
            jobs = [running.create_task(run(workflow_id)) for workflow_id in workflows]
    except TimeoutError:
        raise NotReadyError(
            f"The sample workflows have not ended after {within:.0f} s.",
            "Look at the logs of the gateway and of ComfyUI.",
        ) from None
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    image, video, failure = (job.result() for job in jobs)
    return Demonstration(image, video, failure)

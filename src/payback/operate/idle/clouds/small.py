"""Lambda, RunPod and Vast: the machine's number and a key from its environment, then one request."""

from __future__ import annotations

import json
from typing import Final

from payback.operate.idle.clouds.conversation import Command, Conversation, Outcome, Request, at, refused

JSON: Final = "application/json"


def terminate_lambda(instance: str, key: str) -> Conversation:
    """Lambda: ``instance-operations/terminate``. Lambda cannot stop a machine: its disk is lost, filesystems stay.

    https://docs.lambda.ai/api/cloud

    Args:
        instance: Number of this instance.
        key: An API key of the account.
    """
    answer = yield Request(
        method="POST",
        url="https://cloud.lambda.ai/api/v1/instance-operations/terminate",
        headers={"Authorization": f"Bearer {key}", "Content-Type": JSON, "Accept": JSON},
        body=json.dumps({"instance_ids": [instance]}).encode(),
    )
    ended = at(answer.json(), "data", "terminated_instances")
    if answer.status != 200 or not isinstance(ended, list) or instance not in [at(each, "id") for each in ended]:
        return refused("terminate", answer)
    return Outcome(accepted=True, text=f"{instance}: termination accepted")


def stop_runpod(pod: str, key: str | None) -> Conversation:
    """RunPod: ``podStop`` with the pod's key, or ``runpodctl stop pod`` where there is none. The volume stays.

    https://docs.runpod.io/sdks/graphql/manage-pods and https://docs.runpod.io/runpodctl/reference/runpodctl-stop-pod

    Args:
        pod: Number of this pod, ``RUNPOD_POD_ID``.
        key: ``RUNPOD_API_KEY``.
    """
    if key is None:
        done = yield Command(argv=("runpodctl", "stop", "pod", pod))
        if done.status != 0:
            return refused("runpodctl stop pod", done)
        return Outcome(accepted=True, text=f"{pod}: {done.text.strip() or 'stop accepted'}")
    query = f"mutation {{ podStop(input: {{podId: {json.dumps(pod)}}}) {{ id desiredStatus }} }}"
    answer = yield Request(
        method="POST",
        url="https://api.runpod.io/graphql",
        headers={"Authorization": f"Bearer {key}", "Content-Type": JSON},
        body=json.dumps({"query": query}).encode(),
    )
    state = at(answer.json(), "data", "podStop", "desiredStatus")
    if answer.status != 200 or state != "EXITED":
        return refused("podStop", answer)
    return Outcome(accepted=True, text=f"{pod}: desired status {state}")


def stop_vast(instance: str, key: str) -> Conversation:
    """Vast: ``manage instance`` with state ``stopped`` and the key that is in every container. The disk stays.

    https://docs.vast.ai/api-reference/instances/manage-instance

    Args:
        instance: Number of this instance, ``CONTAINER_ID``.
        key: ``CONTAINER_API_KEY``.
    """
    answer = yield Request(
        method="PUT",
        url=f"https://console.vast.ai/api/v0/instances/{instance}/",
        headers={"Authorization": f"Bearer {key}", "Content-Type": JSON},
        body=json.dumps({"state": "stopped"}).encode(),
    )
    if answer.status != 200 or at(answer.json(), "success") is not True:
        return refused("manage instance", answer)
    return Outcome(accepted=True, text=f"{instance}: stop accepted")

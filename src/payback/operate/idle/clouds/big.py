"""Amazon, Google and Microsoft: the machine asks its metadata service who it is, then asks to be stopped."""

from __future__ import annotations

from typing import Final

from payback.operate.idle.clouds.conversation import Command, Conversation, Outcome, Request, at, refused

LINK_LOCAL: Final = "http://169.254.169.254"
GOOGLE_METADATA: Final = "http://metadata.google.internal/computeMetadata/v1"
AZURE: Final = "https://management.azure.com"
AZURE_API: Final = "2024-07-01"


def stop_aws() -> Conversation:
    """Amazon EC2: identity through IMDSv2, then ``aws ec2 stop-instances`` with the instance's own role.

    The role needs ``ec2:StopInstances`` on this instance.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
    https://docs.aws.amazon.com/cli/latest/reference/ec2/stop-instances.html
    """
    lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    token = yield Request(method="PUT", url=f"{LINK_LOCAL}/latest/api/token", headers=lifetime)
    if token.status != 200:
        return refused("the instance metadata service gives no token", token)
    identity = yield Request(
        method="GET",
        url=f"{LINK_LOCAL}/latest/dynamic/instance-identity/document",
        headers={"X-aws-ec2-metadata-token": token.text},
    )
    instance, region = at(identity.json(), "instanceId"), at(identity.json(), "region")
    if identity.status != 200 or not instance or not region:
        return refused("the instance identity document names no instance", identity)
    words = ("aws", "ec2", "stop-instances", "--instance-ids", instance, "--region", region, "--output", "json")
    answer = yield Command(argv=words)
    state = at(answer.json(), "StoppingInstances", 0, "CurrentState", "Name")
    if answer.status != 0 or state not in ("stopping", "stopped"):
        return refused("aws ec2 stop-instances", answer)
    return Outcome(accepted=True, text=f"{instance} is {state}")


def stop_google() -> Conversation:
    """Google Compute Engine: name, zone and token from the metadata server, then ``instances.stop``.

    The service account needs ``compute.instances.stop`` and the scope ``compute`` or ``cloud-platform``.
    https://cloud.google.com/compute/docs/metadata/querying-metadata
    https://cloud.google.com/compute/docs/reference/rest/v1/instances/stop
    """
    flavor = {"Metadata-Flavor": "Google"}
    known = {}
    for name in ("project/project-id", "instance/zone", "instance/name", "instance/service-accounts/default/token"):
        reply = yield Request(method="GET", url=f"{GOOGLE_METADATA}/{name}", headers=flavor)
        if reply.status != 200:
            return refused(f"the metadata server gives no {name}", reply)
        known[name.split("/")[-1]] = reply
    token = at(known["token"].json(), "access_token")
    if not token:
        return Outcome(accepted=False, text="the metadata server gives no access token")
    zone = known["zone"].text.strip().split("/")[-1]
    machine = f"projects/{known['project-id'].text.strip()}/zones/{zone}/instances/{known['name'].text.strip()}"
    answer = yield Request(
        method="POST",
        url=f"https://compute.googleapis.com/compute/v1/{machine}/stop",
        headers={"Authorization": f"Bearer {token}", "Content-Length": "0"},
    )
    state = at(answer.json(), "status")
    if answer.status != 200 or state not in ("PENDING", "RUNNING", "DONE") or at(answer.json(), "error"):
        return refused("instances.stop", answer)
    return Outcome(accepted=True, text=f"{machine}: operation {state}")


def stop_azure() -> Conversation:
    """Microsoft Azure: resource and token from the metadata service, then ``deallocate``.

    A shutdown from inside leaves the machine allocated and billed; deallocation ends that. The managed identity
    needs ``Microsoft.Compute/virtualMachines/deallocate/action``.
    https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service
    https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
    https://learn.microsoft.com/rest/api/compute/virtual-machines/deallocate
    """
    metadata = {"Metadata": "true"}
    about = yield Request(
        method="GET", url=f"{LINK_LOCAL}/metadata/instance/compute?api-version=2021-02-01", headers=metadata
    )
    resource = at(about.json(), "resourceId")
    if about.status != 200 or not resource:
        return refused("the instance metadata service names no resource", about)
    query = f"api-version=2018-02-01&resource={AZURE}/"
    granted = yield Request(method="GET", url=f"{LINK_LOCAL}/metadata/identity/oauth2/token?{query}", headers=metadata)
    token = at(granted.json(), "access_token")
    if granted.status != 200 or not token:
        return Outcome(accepted=False, text=f"the machine has no managed identity: status {granted.status}")
    answer = yield Request(
        method="POST",
        url=f"{AZURE}{resource}/deallocate?api-version={AZURE_API}",
        headers={"Authorization": f"Bearer {token}", "Content-Length": "0"},
    )
    if answer.status not in (200, 202):
        return refused("deallocate", answer)
    return Outcome(accepted=True, text=f"{resource}: deallocation accepted")

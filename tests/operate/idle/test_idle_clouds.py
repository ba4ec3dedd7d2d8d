"""Each cloud's own way to stop a machine from inside, against the replies its maker documents."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from payback.errors import BadQuestionError, UnknownNameError
from payback.operate.idle.clouds import (
    ACTIONS,
    Command,
    Conversation,
    Outcome,
    Reply,
    Request,
    Setting,
    conversation_for,
    perform,
)
from payback.operate.idle.clouds.conversation import Step

ENVIRONMENT = {
    "LAMBDA_API_KEY": "secret-lambda",
    "RUNPOD_POD_ID": "abc123xyz456",
    "RUNPOD_API_KEY": "secret-runpod",
    "CONTAINER_ID": "384826",
    "CONTAINER_API_KEY": "secret-vast",
}
Script = list[tuple[str, Reply]]


def ok(body: object) -> Reply:
    return Reply(status=200, text=body if isinstance(body, str) else json.dumps(body))


def held(conversation: Conversation, script: Script) -> tuple[Outcome, list[Step]]:
    """Hold a conversation with recorded replies; each step must be the one that was recorded."""
    sent: list[Step] = []
    replies = iter(script)

    def send(step: Step) -> Reply:
        sent.append(step)
        expected, reply = next(replies)
        assert str(step) == expected
        return reply

    outcome = perform(conversation, send)
    assert next(replies, None) is None, "every recorded reply was asked for"
    return outcome, sent


AWS_IDENTITY = {  # as in the EC2 user guide
    "accountId": "123456789012", "architecture": "x86_64", "availabilityZone": "us-west-2b",
    "instanceId": "i-1234567890abcdef0", "instanceType": "p3.2xlarge", "region": "us-west-2", "version": "2017-09-30",
}  # fmt: skip
AWS_STOPPING = {  # as in the reference of `aws ec2 stop-instances`
    "StoppingInstances": [
        {"InstanceId": "i-1234567890abcdef0", "CurrentState": {"Code": 64, "Name": "stopping"},
         "PreviousState": {"Code": 16, "Name": "running"}}
    ]
}  # fmt: skip
AWS_COMMAND = "aws ec2 stop-instances --instance-ids i-1234567890abcdef0 --region us-west-2 --output json"
IMDS = "http://169.254.169.254"
GOOGLE = "http://metadata.google.internal/computeMetadata/v1"
GOOGLE_STOP = (
    "POST https://compute.googleapis.com/compute/v1/projects/my-project/zones/us-central1-a/instances/vm1/stop"
)
AZURE_VM = "/subscriptions/s1/resourceGroups/g1/providers/Microsoft.Compute/virtualMachines/vm1"
SCRIPTS: dict[str, Script] = {
    "aws": [
        (f"PUT {IMDS}/latest/api/token", ok("TOKEN==")),
        (f"GET {IMDS}/latest/dynamic/instance-identity/document", ok(AWS_IDENTITY)),
        (AWS_COMMAND, Reply(status=0, text=json.dumps(AWS_STOPPING))),
    ],
    "google": [
        (f"GET {GOOGLE}/project/project-id", ok("my-project")),
        (f"GET {GOOGLE}/instance/zone", ok("projects/123456789/zones/us-central1-a")),
        (f"GET {GOOGLE}/instance/name", ok("vm1")),
        (f"GET {GOOGLE}/instance/service-accounts/default/token",
         ok({"access_token": "ya29.secret", "expires_in": 3599, "token_type": "Bearer"})),
        (GOOGLE_STOP, ok({"kind": "compute#operation", "operationType": "stop", "status": "RUNNING", "progress": 0})),
    ],
    "azure": [
        (f"GET {IMDS}/metadata/instance/compute?api-version=2021-02-01", ok({"name": "vm1", "resourceId": AZURE_VM})),
        (f"GET {IMDS}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/",
         ok({"access_token": "eyJ0secret", "expires_in": "3599", "token_type": "Bearer"})),
        (f"POST https://management.azure.com{AZURE_VM}/deallocate?api-version=2024-07-01", Reply(status=202, text="")),
    ],
    "lambda": [
        ("POST https://cloud.lambda.ai/api/v1/instance-operations/terminate",
         ok({"data": {"terminated_instances": [{"id": "0920582c7ff041399e34823a0be62549", "status": "terminating"}]}})),
    ],
    "runpod": [
        ("POST https://api.runpod.io/graphql",
         ok({"data": {"podStop": {"id": "abc123xyz456", "desiredStatus": "EXITED"}}})),
    ],
    "vast": [("PUT https://console.vast.ai/api/v0/instances/384826/", ok({"success": True}))],
    "shutdown": [("shutdown -h now", Reply(status=0, text=""))],
    "command": [("/usr/local/bin/stop me", Reply(status=0, text=""))],
}  # fmt: skip


REFUSALS = [
    Reply(status=None, text="timed out"),
    Reply(status=403, text='{"error": "no"}'),
    Reply(status=500, text="<html>"),
    Reply(status=1, text="An error occurred"),
]
KEYS = {"lambda": "LAMBDA_API_KEY", "vast": "CONTAINER_API_KEY", "runpod": "RUNPOD_API_KEY"}


def maker(action: str, environment: dict[str, str] | None = None) -> Callable[[], Conversation]:
    setting = Setting(
        environment=ENVIRONMENT if environment is None else environment,
        command="/usr/local/bin/stop 'me'",
        instance="0920582c7ff041399e34823a0be62549" if action == "lambda" else None,
        destroys_data=True,
    )
    return conversation_for(action, setting)


def test_every_action_has_a_recorded_conversation() -> None:
    """A new cloud comes with its replies."""
    assert set(SCRIPTS) == set(ACTIONS)


@pytest.mark.parametrize("action", ACTIONS)
def test_it_asks_as_documented_and_understands_yes(action: str) -> None:
    """Method, address and words of each step; accepted where the maker says so."""
    outcome, _ = held(maker(action)(), SCRIPTS[action])

    assert outcome.accepted, outcome.text


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("reply", REFUSALS)
def test_no_step_that_fails_is_taken_for_done(action: str, reply: Reply) -> None:
    """Whichever step is refused, the outcome says no, and says what was answered."""
    for failing in range(len(SCRIPTS[action])):
        script = [*SCRIPTS[action][:failing], (SCRIPTS[action][failing][0], reply)]
        outcome, _ = held(maker(action)(), script)
        assert not outcome.accepted
        assert str(reply.status) in outcome.text or "no reply" in outcome.text


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("aws", {"StoppingInstances": [{"CurrentState": {"Name": "running"}}]}),
        ("aws", {"StoppingInstances": []}),
        ("google", {"status": "DONE", "error": {"errors": [{"code": "RESOURCE_NOT_READY"}]}}),
        ("google", {}),
        ("lambda", {"data": {"terminated_instances": []}}),
        ("lambda", {"error": {"code": "global/object-does-not-exist"}}),
        ("runpod", {"errors": [{"message": "pod not found"}], "data": {"podStop": None}}),
        ("runpod", {"data": {"podStop": {"desiredStatus": "RUNNING"}}}),
        ("vast", {"success": False, "msg": "no such instance"}),
        ("vast", []),
    ],
)
def test_a_polite_no_is_a_no(action: str, body: object) -> None:
    """Status 200 and a body that does not say "stopping" is no success."""
    *before, (last, reply) = SCRIPTS[action]
    status = 0 if reply.status == 0 else 200
    outcome, _ = held(maker(action)(), [*before, (last, Reply(status=status, text=json.dumps(body)))])

    assert not outcome.accepted


def test_metadata_is_asked_with_the_headers_it_wants() -> None:
    """IMDSv2 needs a token with a lifetime; Google and Azure need their own header: no proxy can be fooled into it."""
    first, second = (step for step in held(maker("aws")(), SCRIPTS["aws"])[1][:2])
    google, azure = (held(maker(name)(), SCRIPTS[name])[1][0] for name in ("google", "azure"))
    assert isinstance(first, Request)
    assert isinstance(second, Request)
    assert isinstance(google, Request)
    assert isinstance(azure, Request)

    assert first.headers == {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    assert second.headers == {"X-aws-ec2-metadata-token": "TOKEN=="}
    assert google.headers == {"Metadata-Flavor": "Google"}
    assert azure.headers == {"Metadata": "true"}


@pytest.mark.parametrize(("action", "body"), [
    ("lambda", {"instance_ids": ["0920582c7ff041399e34823a0be62549"]}),
    ("vast", {"state": "stopped"}),
    ("runpod", {"query": 'mutation { podStop(input: {podId: "abc123xyz456"}) { id desiredStatus } }'}),
])  # fmt: skip
def test_bodies_are_those_of_the_manual(action: str, body: object) -> None:
    """The JSON that each API documents."""
    request = held(maker(action)(), SCRIPTS[action])[1][-1]
    assert isinstance(request, Request)
    assert request.body is not None

    assert json.loads(request.body) == body
    assert request.headers["Authorization"] == f"Bearer {ENVIRONMENT[KEYS[action]]}"


@pytest.mark.parametrize("action", ACTIONS)
def test_no_secret_is_ever_printed(action: str) -> None:
    """Neither a request's text nor its repr, nor an outcome, nor the setting shows a key or token."""
    outcome, sent = held(maker(action)(), SCRIPTS[action])
    shown = " ".join([outcome.text, *map(str, sent), *map(repr, sent), repr(Setting(environment=ENVIRONMENT))])

    assert "secret" not in shown
    assert "TOKEN==" not in shown


def test_runpod_without_a_key_uses_its_own_program() -> None:
    """runpodctl is in every pod and knows its key."""
    conversation = maker("runpod", {"RUNPOD_POD_ID": "abc"})()
    outcome, sent = held(conversation, [("runpodctl stop pod abc", Reply(status=0, text='pod "abc" stopped'))])

    assert outcome.accepted
    assert sent == [Command(argv=("runpodctl", "stop", "pod", "abc"))]


@pytest.mark.parametrize(
    ("action", "setting", "message"),
    [
        ("lambda", Setting(environment=ENVIRONMENT, instance="x"), "disk is lost"),
        ("lambda", Setting(environment=ENVIRONMENT, destroys_data=True), "--instance"),
        ("lambda", Setting(instance="x", destroys_data=True), "LAMBDA_API_KEY"),
        ("runpod", Setting(), "RUNPOD_POD_ID"),
        ("vast", Setting(environment={"CONTAINER_ID": "1"}), "CONTAINER_API_KEY"),
        ("command", Setting(), "--command"),
    ],
)
def test_what_is_missing_is_said_before_the_night(action: str, setting: Setting, message: str) -> None:
    """Asked at the start, not when the machine has idled for hours."""
    with pytest.raises(BadQuestionError, match=message):
        conversation_for(action, setting)


def test_an_action_nobody_knows_gets_a_suggestion() -> None:
    """--act gogle."""
    with pytest.raises(UnknownNameError, match="Did you mean 'google'"):
        conversation_for("gogle", Setting())

"""Questions after the decision: launch the work where it is cheapest, reach the machine from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payback.answers.choice import plan
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.merged import catalogue_on
from payback.question import Question

if TYPE_CHECKING:
    from payback.operate.access import AccessKit, AccessRequest
    from payback.operate.launch import Launch, LaunchRequest


def launch(question: Question, request: LaunchRequest, catalogue: Catalogue | None = None) -> Launch:
    """Files for SkyPilot or dstack that launch the chosen offer, the commands, and the expected bill.

    Args:
        question: What is asked; see `payback.question`.
        request: Tool, option, hosts at home, idle minutes.
        catalogue: Facts to use; the shipped ones and the user's collected prices if None.

    Raises:
        NotLaunchableError: The launcher does not know the seller or the GPU.
        NoFeasibleOptionError: Nothing does the work at a known price.
    """
    from payback.operate.launch import prepare

    return prepare(plan(question, catalogue), request)


def access(question: Question, request: AccessRequest, catalogue: Catalogue | None = None) -> AccessKit:
    """Files that make an owned machine reachable without a fixed address, and how long its downloads take.

    Args:
        question: Gives the data, the place and the GPU.
        request: Tunnel, dynamic DNS, Jupyter, power cap.
        catalogue: Facts to use; the shipped ones and the user's collected prices if None.

    Raises:
        BadQuestionError: A key, name or number makes no sense.
    """
    from payback.operate.access import make_kit

    return make_kit(question, request, catalogue or catalogue_on(question.as_of))

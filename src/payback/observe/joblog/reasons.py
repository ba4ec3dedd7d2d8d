"""Why a row did not become a job, or did so only after a decision."""

from __future__ import annotations

from typing import Final

RAGGED: Final = "wrong number of fields"
STEP: Final = "a step of a job, not a job"
NO_GPU_COUNT: Final = "no number of GPUs"
BAD_GPU_COUNT: Final = "unreadable number of GPUs"
NO_GPU: Final = "no GPU requested"
BAD_STAMP: Final = "unreadable time"
NO_SUBMISSION: Final = "no submission time"
NEVER_STARTED: Final = "never started (no start time)"
NO_DURATION: Final = "no duration"
BACKWARDS: Final = "ends before it starts"
NO_TIME: Final = "ran for less than a second"
TOO_LONG: Final = "runs for more than ten years"
OPEN_END: Final = "unfinished, and nothing in the log happens after its start"
DUPLICATE: Final = "the same run once more"
NOT_A_JOB: Final = "not a job"
PARTIAL: Final = "part of a job that has a line of its own"

STILL_RUNNING: Final = "still running: counted up to the last event of the log"
STATED_RUNNING: Final = "said to be running still, yet with an end or a run time: taken as stated"
RERUN: Final = "a further run of a job that was requeued: counted as a job of its own"
RERUN_MOVED: Final = "a further run that kept its first submission: submitted when the run before it ended"
EARLY_START: Final = "starts before it was submitted: its wait is left unknown"
TWICE_LIVED: Final = "in the hour a clock change repeats: the first is taken unless that is too early"
SHARED_GPU: Final = "holds a share of a GPU"
SLICE: Final = "holds a slice of a GPU (MIG): counted as a whole one"

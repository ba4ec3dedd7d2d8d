"""Children stand behind the server in the queue for a processor."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from payback.web.courtesy import BEHIND


@pytest.mark.skipif(not hasattr(os, "nice"), reason="this system has no niceness")
def test_a_process_that_steps_back_is_nicer_than_its_parent() -> None:
    """Ten steps behind the process that started it, at most 19."""
    code = "import os; from payback.web.courtesy import step_back; step_back(); print(os.nice(0))"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert int(told) == min(19, os.nice(0) + BEHIND)


@pytest.mark.skipif(not hasattr(os, "nice"), reason="this system has no niceness")
@pytest.mark.parametrize("child", ["maker", "worker"])
def test_both_kinds_of_children_step_back(child: str) -> None:
    """A child that computes says so before it reads its first order."""
    code = (
        f"import os, sys; from payback.web import {child}; sys.stdin = open(os.devnull)\n"
        f"try:\n    {child}.main()\nexcept Exception:\n    pass\nsys.stderr.write(str(os.nice(0)))"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stderr

    assert int(told) == min(19, os.nice(0) + BEHIND)

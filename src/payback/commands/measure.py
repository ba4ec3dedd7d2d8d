"""Commands that measure this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from payback.commands.common import print_json

bench_app = App(name="bench", help="Measure this machine; `payback plan` can use the result.")


@bench_app.default
def bench(*, tier: str = "quick", out: Path | None = None) -> None:
    """Measure this machine: matrix products, memory, copies, disk, data preparation, training steps, heat.

    Args:
        tier: quick (about 3 minutes), standard (12) or soak (30).
        out: Write the result here as JSON.
    """
    from payback import answers
    from payback.report import bench_text

    result = answers.bench(tier, out, bench_text.announce)
    bench_text.print_result(result)


@bench_app.command(name="compare")
def bench_compare(result: Path, *, json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Set a result beside what the same parts should show, and name what is slow and why.

    Args:
        result: A file that `payback bench --out` wrote.
        json: Print the findings as JSON.
    """
    from payback import answers
    from payback.report import bench_text

    findings = answers.bench_compare(result)
    if json:
        print_json([bench_text.finding_as_dict(finding) for finding in findings])
    else:
        bench_text.print_findings(findings)

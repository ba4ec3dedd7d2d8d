"""The rows of the build question given to HiGHS, in a process of its own.

Run by `search.py`; by hand: python benchmarks/search_highs.py ROWS.npz
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

CENTS = 100
INFINITY = 1e30
EXACT_GAP = 1e-9


def in_a_process(oracle: Any) -> tuple[float, float]:
    """Seconds for writing the rows and for HiGHS to find the cheapest machine, and what it costs."""
    start = time.perf_counter()
    model, of = oracle.model()
    model.minimize(oracle.cost(of))
    writing = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.npz"
        np.savez(file, **rows_of(model.proto))
        done = subprocess.run([sys.executable, __file__, str(file)], capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout.splitlines()[-1])
    return writing + float(answer["seconds"]), round(float(answer["cents"]) / CENTS, 2)


def rows_of(proto: Any) -> dict[str, Any]:
    """The linear rows and exactly-one rows of a CP-SAT model in compressed form."""
    starts, columns, values, lower, upper = [0], [], [], [], []
    for row in proto.constraints:
        if row.has_exactly_one():  # asked first: reading the field that is not set would overwrite the one that is
            names = list(row.exactly_one.literals)
            weights, (low, high) = [1] * len(names), (1, 1)
        else:
            names, weights, (low, high) = list(row.linear.vars), list(row.linear.coeffs), list(row.linear.domain)
        columns += names
        values += weights
        starts.append(len(columns))
        lower.append(max(float(low), -INFINITY))
        upper.append(min(float(high), INFINITY))
    cost = np.zeros(len(proto.variables))
    np.add.at(cost, list(proto.objective.vars), list(proto.objective.coeffs))
    return {
        "starts": np.array(starts), "columns": np.array(columns), "values": np.array(values, dtype=float),
        "lower": np.array(lower), "upper": np.array(upper), "cost": cost,
    }  # fmt: skip


def solved(rows: Any) -> tuple[float, float]:
    """Seconds to hand the rows to HiGHS and solve them, and the least cost in cents."""
    import highspy

    start = time.perf_counter()
    solver: Any = highspy
    highs, count = solver.Highs(), len(rows["cost"])
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", EXACT_GAP)
    program = solver.HighsLp()
    program.num_col_, program.num_row_ = count, len(rows["lower"])
    program.col_cost_, program.col_lower_, program.col_upper_ = rows["cost"], np.zeros(count), np.ones(count)
    program.row_lower_, program.row_upper_ = rows["lower"], rows["upper"]
    program.integrality_ = [solver.HighsVarType.kInteger] * count
    matrix = program.a_matrix_
    matrix.format_ = solver.MatrixFormat.kRowwise
    matrix.start_, matrix.index_, matrix.value_ = rows["starts"], rows["columns"], rows["values"]
    highs.passModel(program)
    highs.run()
    return time.perf_counter() - start, float(highs.getObjectiveValue())


if __name__ == "__main__":
    seconds, cents = solved(np.load(sys.argv[1]))
    print(json.dumps({"seconds": seconds, "cents": cents}))

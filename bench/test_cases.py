# SPDX-License-Identifier: Apache-2.0
"""The cases of `chopmark bench` under pytest-benchmark: ours, pure Python and each peer of a case
stand in one group. Run with `.venv/bin/python -m pytest bench`.
"""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from chopmark.benchmarks.case import Case, Work
from chopmark.benchmarks.cases import cases


def works(case: Case) -> list[Work]:
    return [case.ours, case.pure_python, *case.peers]


PARAMETERS = [
    pytest.param(case, work, id=f"{case.name} [{work.name}]")
    for case in cases(quick=True)
    for work in works(case)
]


@pytest.mark.parametrize(("case", "work"), PARAMETERS)
def test_case(benchmark: BenchmarkFixture, case: Case, work: Work) -> None:
    benchmark.group = f"{case.name}, {case.unit}"
    benchmark.extra_info["items"] = work.items
    benchmark.pedantic(work.run, rounds=5, warmup_rounds=1)
    benchmark.extra_info["items_per_second"] = work.items / benchmark.stats.stats.median

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The mutation gate: the swarm profile, unchanged, must find every seeded rule bug.

    cmake --preset mutants && cmake --build build/mutants --target chopmark_mutants
    python3 tests/mutants/run.py [--seconds BUDGET] [--jobs N] [NUMBER ...]

Exit status 1 if one was not found within its budget of seconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / "build/mutants/chopmark_mutants"


def hunt(number: str, seconds: float) -> tuple[bool, float, str]:
    """Whether it was found, after how long, and by what."""
    start = time.monotonic()
    command = [str(PROGRAM), "--only", number, "--seconds", str(seconds)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=10 * seconds
        )
    except subprocess.TimeoutExpired:
        return False, time.monotonic() - start, "a run that does not end"
    took = time.monotonic() - start
    if done.returncode < 0:  # stopped by a check of the replica itself
        last = (done.stderr.strip().splitlines() or ["stopped"])[-1]
        return True, took, last
    return done.returncode == 0, took, done.stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("numbers", nargs="*")
    options = parser.parse_args()
    if not PROGRAM.exists():
        parser.error(f"{PROGRAM} is not built: see the head of this file")
    listed = subprocess.run([str(PROGRAM)], capture_output=True, text=True, check=True).stdout
    mutants = [line.split("\t") for line in listed.splitlines()]
    chosen = [m for m in mutants if not options.numbers or m[0] in options.numbers]
    times, missed = [], 0
    with ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda m: hunt(m[0], options.seconds), chosen)
        for (number, rule, what), (found, took, how) in zip(chosen, results, strict=True):
            times.append(took)
            missed += not found
            word = "found" if found else "MISSED"
            print(f"{number:>3} {rule:<5} {word:<6} {took:6.2f} s  {what}: {how[:90]}", flush=True)
    print(f"{len(times)} mutants, {missed} missed, median {statistics.median(times):.2f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

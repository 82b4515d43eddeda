#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The mutation gate: the swarm profile, unchanged, must find every seeded rule bug.

    python3 tests/mutants/run.py [--seconds BUDGET] [--jobs N] [NUMBER ...]
    python3 tests/mutants/run.py --compilers     # the same seeds, compiled by gcc and by clang

Builds the preset `mutants` first. Exit status 1 if a mutant was not found within its budget of
seconds, or if two compilers make different things happen. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HASHED_SEEDS = 40
PROGRAM = ROOT / "build/mutants/chopmark_mutants"


def run(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def build(folder: str, *options: str) -> Path:
    """The program of the gate, built in `build/folder`."""
    run("cmake", "--preset", "mutants", "-B", f"build/{folder}", *options)
    jobs = str(os.cpu_count() or 1)
    run("cmake", "--build", f"build/{folder}", "--target", "chopmark_mutants", "--parallel", jobs)
    return ROOT / "build" / folder / "chopmark_mutants"


def find_clang() -> str:
    named = os.environ.get("CLANGXX")
    names = [named] if named else ["clang++", *(f"clang++-{n}" for n in range(22, 13, -1))]
    for name in names:
        if shutil.which(name):
            return name
    sys.exit("run.py: no clang++ found: sudo apt-get install clang (or set CLANGXX)")


def compare_compilers() -> int:
    """The hash of everything that happened must not depend on the compiler."""
    clang = build("mutants-clang", f"-DCMAKE_CXX_COMPILER={find_clang()}", "-DCHOPMARK_PORTABLE=ON")
    hashes = [
        subprocess.run(
            [str(one), "--hash", str(HASHED_SEEDS)], capture_output=True, text=True, check=True
        ).stdout.strip()
        for one in (PROGRAM, clang)
    ]
    print(f"gcc {hashes[0]}, clang {hashes[1]}")
    return 0 if hashes[0] == hashes[1] else 1


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
    parser.add_argument("--compilers", action="store_true")
    parser.add_argument("numbers", nargs="*")
    options = parser.parse_args()
    build("mutants")
    if options.compilers:
        return compare_compilers()
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

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fuzzes the decoders, the ledger and the pool: `python3 tests/fuzz/run.py --seconds 120`.

Builds the preset `fuzz` with clang, writes the seeds of every target, lets libFuzzer search on all
cores for so many seconds in all (wall clock, shared out among the targets), and fails on anything
that a target or a sanitizer does not like. What was found before is kept in build/fuzz/corpus and
searched on from. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "fuzz"
PROGRAMS = BUILD / "tests" / "fuzz"
HERE = Path(__file__).resolve().parent

# Shares of the time; a target that is not named has one. The ledger is where the rules are.
SHARES = {"blocks": 12, "pool": 3, "transaction": 2}
# -timeout is for one input; what a decoder may ask for is counted by the target itself.
OPTIONS = [
    "-timeout=20",
    "-rss_limit_mb=1500",
    "-malloc_limit_mb=64",
    "-use_value_profile=0",
    "-print_final_stats=1",
    "-verbosity=1",
]
LONGEST = {"blocks": 1024, "pool": 512, "transaction": 4096, "genesis": 4096}  # bytes of an input
ENVIRONMENT = {
    "ASAN_OPTIONS": "quarantine_size_mb=16:malloc_context_size=4",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


def find_clang() -> str:
    named = os.environ.get("CLANGXX")
    names = [named] if named else ["clang++", *(f"clang++-{n}" for n in range(22, 13, -1))]
    for name in names:
        if shutil.which(name):
            return name
    sys.exit("run.py: no clang++ found: sudo apt-get install clang (or set CLANGXX)")


def build() -> None:
    steps = [
        ["cmake", "--preset", "fuzz", f"-DCMAKE_CXX_COMPILER={find_clang()}"],
        ["cmake", "--build", "build/fuzz", "--target", "fuzz", "--parallel", str(cores())],
    ]
    for step in steps:
        done = subprocess.run(step, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout + done.stderr)
            sys.exit(f"run.py: this step failed: {' '.join(step)}")


def cores() -> int:
    return os.cpu_count() or 1


def targets() -> list[str]:
    return sorted(path.stem for path in (HERE / "targets").glob("*.cpp"))


@dataclass
class Outcome:
    target: str
    seconds: float
    failed: bool
    output: str

    def number(self, pattern: str) -> int:
        found = re.findall(pattern, self.output)
        return int(found[-1]) if found else 0

    def line(self) -> str:
        runs = self.number(r"number_of_executed_units: +(\d+)")
        edges = self.number(r"cov: (\d+)")
        features = self.number(r"ft: (\d+)")
        inputs = self.number(r"corp: (\d+)")
        memory = self.number(r"peak_rss_mb: +(\d+)")
        word = "FAILED" if self.failed else "ok"
        return (
            f"{self.target:14} {word:6} {self.seconds:6.0f} s {runs:9} runs "
            f"{edges:6} edges {features:7} features {inputs:6} inputs {memory:5} MB"
        )


def fuzz(target: str, seconds: float) -> Outcome:
    """Runs one target; what it finds goes to build/fuzz/findings."""
    program = PROGRAMS / f"fuzz_{target}"
    corpus, seeds = BUILD / "corpus" / target, BUILD / "seeds" / target
    findings = BUILD / "findings"
    shutil.rmtree(seeds, ignore_errors=True)
    for folder in (corpus, seeds, findings):
        folder.mkdir(parents=True, exist_ok=True)
    regressions = HERE / "regressions" / f"{target}.txt"
    environment = {**os.environ, **ENVIRONMENT}
    started = time.monotonic()
    wrote = subprocess.run(
        [program, "--write-seeds", seeds, regressions],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if wrote.returncode != 0:
        return Outcome(target, time.monotonic() - started, True, wrote.stdout + wrote.stderr)
    command = [
        str(program),
        str(corpus),
        str(seeds),
        f"-max_total_time={max(1, round(seconds))}",
        f"-max_len={LONGEST.get(target, 2048)}",
        f"-artifact_prefix={findings}/{target}-",
        *OPTIONS,
    ]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    output = done.stderr + done.stdout
    return Outcome(target, time.monotonic() - started, done.returncode != 0, output)


def report(outcome: Outcome) -> None:
    print(outcome.line(), flush=True)
    if not outcome.failed:
        return
    print(outcome.output[-3000:])
    for path in re.findall(r"Test unit written to (\S+)", outcome.output):
        program = (PROGRAMS / f"fuzz_{outcome.target}").relative_to(ROOT)
        print(f"again:   {program} {Path(path).relative_to(ROOT)}")
        print(f"to keep: one line in tests/fuzz/regressions/{outcome.target}.txt:")
        print(Path(path).read_bytes().hex())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="for all targets together")
    parser.add_argument("targets", nargs="*", help="these alone")
    arguments = parser.parse_args()
    chosen = arguments.targets or targets()
    if unknown := set(chosen) - set(targets()):
        parser.error(
            f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(targets())}"
        )
    build()
    shares = {name: SHARES.get(name, 1) for name in chosen}
    # Wall clock times cores, shared out; no target runs longer than the whole.
    each = min(
        arguments.seconds * cores() / sum(shares.values()),
        arguments.seconds / max(shares.values()),
    )
    failed = False
    with ThreadPoolExecutor(cores()) as pool:
        longest_first = sorted(chosen, key=lambda name: -shares[name])
        for outcome in pool.map(lambda name: fuzz(name, each * shares[name]), longest_first):
            report(outcome)
            failed = failed or outcome.failed
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""The command: one configuration, all of them, or the pieces alone."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from chopmark.benchmarks.measure import record
from chopmark.reference.codec import PAYLOAD_BYTES_MAX

from .alone import pieces
from .run import STAGES, Figures, measure
from .settings import Settings, count_in

LARGEST = count_in(PAYLOAD_BYTES_MAX - 4)  # transactions that one payload can hold


def variants(base: Settings) -> list[Settings]:
    """What the decision rests on; the first is what the others vary."""
    small = [1, 16, LARGEST]
    return [
        base,
        *(replace(base, frame=n) for n in small),
        *(replace(base, frame=n, together=False) for n in (1, 16, 256, LARGEST)),
        replace(base, payload="ids"),
        replace(base, payload="batches"),
        replace(base, payload="block"),
        replace(base, transport="streams"),
        replace(base, transport="streams", frame=1),
        replace(base, loop="uvloop"),
        replace(base, loop="uvloop", frame=1),
        replace(base, cipher="CHACHA20_POLY1305"),
        replace(base, cipher="AES_256_GCM"),
        replace(base, fsync=False),
        replace(base, payload="batches", execute_us=2.5),
        replace(base, payload="batches", execute_us=1.5),
    ]


def middle(rounds: list[Figures]) -> Figures:
    """Of several runs the one with the median of CPU for each transaction."""
    chosen = statistics.median_low([run.cpu_us for run in rounds])
    return next(run for run in rounds if run.cpu_us == chosen)


def render(runs: list[Figures]) -> str:
    """Microseconds of CPU for each transaction and validator, a row for each configuration."""
    width = max(len(run.settings.label) for run in runs)
    head = [
        f"{'':{width}}",
        *(f"{name:>9}" for name in ("CPU us", "ledger", *STAGES, "system", "tx/s")),
    ]
    lines = ["".join(head)]
    for run in runs:
        stages = [run.stages_us[name] for name in STAGES]
        cells = [run.cpu_us, run.ledger_us, *stages, run.system_us]
        numbers = "".join(f"{value:9.2f}" for value in cells)
        lines.append(f"{run.settings.label:{width}}{numbers}{run.final_per_second:9.0f}")
    return "\n".join(lines)


def choices(name: str) -> tuple[Any, ...] | None:
    """The words that a setting may be, None if it is a number."""
    return get_args(get_type_hints(Settings)[name]) or None


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.node_spike",
        description="Four validators on this machine: CPU for each final transaction, by stage.",
    )
    base = Settings()
    for field in fields(Settings):
        flag = "--" + field.name.replace("_", "-")
        default = getattr(base, field.name)
        kind = (
            {"action": argparse.BooleanOptionalAction}
            if isinstance(default, bool)
            else {"type": type(default), "choices": choices(field.name)}
        )
        parser.add_argument(flag, default=default, **kind)
    parser.add_argument("--matrix", action="store_true", help="run all variants of --frame 256")
    parser.add_argument("--alone", action="store_true", help="measure the pieces alone as well")
    parser.add_argument("--rounds", type=int, default=1, help="runs of each, in turn; the median")
    parser.add_argument("--folder", type=Path, default=Path("build/node_spike"),
                        help="for the transactions, kept, and for the block logs")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    args.folder.mkdir(parents=True, exist_ok=True)
    base = Settings(**{field.name: getattr(args, field.name) for field in fields(Settings)})
    if base.frame > LARGEST:
        sys.exit(f"--frame: a payload holds at most {LARGEST} of these transactions")
    chosen = variants(base) if args.matrix else [base]
    seen: list[list[Figures]] = [[] for _ in chosen]
    for _ in range(args.rounds):
        for one, runs in zip(chosen, seen):
            runs.append(measure(one, args.folder, args.folder))
            print(render(runs[-1:]), file=sys.stderr, flush=True)
    figures = [middle(runs) for runs in seen]
    alone = pieces(args.folder, args.folder, base.transactions) if args.alone else {}
    if args.json:
        print(json.dumps(report(figures, alone, args.rounds), indent=1))
        return
    print(render(figures))
    for name, meaning in STAGES.items():
        print(f"  {name:10} {meaning}")
    for title, values in alone.items():
        print(title)
        for name, value in values.items():
            print(f"  {value:8.3f} us  {name}")


def report(
    figures: list[Figures], alone: dict[str, dict[str, float]], rounds: int
) -> dict[str, Any]:
    """The record: about the machine, then figures."""
    about = record([], [])
    kept = ("date", "cpu", "cores", "system", "python", "backend", "compiler", "commit")
    return {
        **{name: about[name] for name in kept},
        "rounds": rounds,
        "stages": STAGES,
        "runs": [run.as_json() for run in figures],
        "alone": alone,
    }


if __name__ == "__main__":
    main()

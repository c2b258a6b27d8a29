"""Runs benchmarks, prints what they measured, writes it as JSON; exit code 1 if a goal is missed."""

import argparse
import importlib
import json
import os
import platform
import sys
from pathlib import Path

NAMES = (
    "text",
    "text_memory",
    "transform",
    "beam_growth",
    "large_end",
    "pretraining",
    "bert_base",
    "classifier",
    "unfreezing",
    "serving",
    "soak",
)

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TOKENIZERS_PARALLELISM"] = "true"  # the alternative may use both cores too


def main() -> int:
    """Runs the benchmarks named on the command line, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}; none: all of them")
    parser.add_argument("--output", type=Path, default=Path("benchmarks.json"), help="where the JSON goes")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in NAMES]
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}: choose from {', '.join(NAMES)}")
    results = {"machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"}
    missed = []
    for name in arguments.names or NAMES:
        module = importlib.import_module(f"tests.benchmarks.{name}")
        results[name] = module.measure()
        print(json.dumps({name: results[name]}, ensure_ascii=False, indent=2), flush=True)
        ratios = results[name]["ratios"]
        skipped = results[name].get("skipped", {})
        for what, reason in skipped.items():
            print(f"skipped: {what}: {reason}", file=sys.stderr)
        missed += [
            f"{what} is {ratios[what]:.2f}, goal {goal}"
            for what, goal in module.GOALS.items()
            if what not in skipped and ratios[what] < goal
        ]
        arguments.output.write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


sys.exit(main())

"""``hedgewatch --help`` and one ``calc``: how long a person waits for them.

Run: python tests/benchmarks/bench_help.py. Whole processes, bytecode written before.
"""

from __future__ import annotations

import statistics

from program import compile_package, took

ROUNDS = 10
QUESTIONS = {
    "python alone": ("-c", "pass"),
    "import typer, rich": ("-c", "import typer, rich.console, rich.table"),
    "hedgewatch --help": ("-m", "hedgewatch", "--help"),
    "hedgewatch calc": ("-m", "hedgewatch", "calc", "round_price", '{"side": "sell", "price": 60000.26, "tick": 0.5}'),
    "import ccxt": ("-c", "import ccxt.async_support"),
}


def main() -> None:
    """Measure and print."""
    compile_package()
    medians = {}
    for name, arguments in QUESTIONS.items():
        took(*arguments)
        medians[name] = statistics.median(took(*arguments) for _ in range(ROUNDS))
    ours = medians["hedgewatch --help"]
    print(f"Start of a process to its end, median of {ROUNDS}, ms")
    for name, seconds in medians.items():
        print(f"  {name:22} {seconds * 1000:8.0f}   {seconds / ours:6.2f} x ours")
    print(f"  --help takes {ours:.2f} s, one calc {medians['hedgewatch calc']:.2f} s (goal: 0.3 at most, each)")


if __name__ == "__main__":
    main()

"""Compares `flowsketch bench` with the same steps in JAX, alternating on one machine.

Prints Markdown for BENCHMARKS.md.

    python benches/alternate.py PATH_TO_FLOWSKETCH [--rounds 5] [--seconds 4]
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
WORKLOADS = ["quadrature", "paper"]
STEPS = {"quadrature": "60", "paper": "4"}


def lines(command):
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("flowsketch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", default="4")
    arguments = parser.parse_args()
    speeds = {}
    for k in range(arguments.rounds):
        for workload in WORKLOADS:
            bench = [arguments.flowsketch, "bench", "--json", "--seconds", arguments.seconds, "--workload", workload]
            jax = [sys.executable, str(HERE / "jax_step.py"), workload, "--steps", STEPS[workload]]
            for line in lines(bench) + lines(jax):
                name = line["backend"] if "device" not in line else f"{line['backend']}: {line['device']}"
                speeds.setdefault((workload, name), []).append(line["evaluations_per_second"])
        print(f"round {k + 1} of {arguments.rounds}", file=sys.stderr)
    print("| workload | what | evaluations/s, relative to JAX | lowest and highest of the rounds |")
    print("|---|---|---|---|")
    for workload in WORKLOADS:
        here = {name: values for (of, name), values in speeds.items() if of == workload}
        jax = next(values for name, values in here.items() if name.startswith("jax"))
        for name, values in here.items():
            # Relative to JAX in the same round: the machine may be slower in one round than in another.
            ratios = [value / reference for value, reference in zip(values, jax)]
            row = f"{statistics.median(ratios):.2f} | {min(ratios):.2f}, {max(ratios):.2f}"
            print(f"| {workload} | {name} | {row} |")


if __name__ == "__main__":
    main()

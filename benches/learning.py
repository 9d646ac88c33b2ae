"""KL to the source over seconds of training on the CPU, for one or more builds of the headless tool, alternating.

    python benches/learning.py NAME=PATH_TO_FLOWSKETCH [NAME=PATH ...] --out docs/learning.png

Each point of a curve is a separate run from step 0, with the default recipe of its build, `flowsketch solve --cpu`. Writes
the picture, and the numbers beside it as JSON. Needs matplotlib and numpy.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

EPSILON = "0.2"
EVALUATIONS = ["3e4", "1e5", "3e5", "1e6", "3e6"]
COLOURS = ["#b04a00", "#174f8a", "#2c7a3f"]


def cross(path):
    """Two lines five pixels wide on 256 x 256: people draw thin lines, and no data set has any."""
    pixels = np.ones((256, 256))
    pixels[126:131, 40:216] = pixels[40:216, 126:131] = 0
    plt.imsave(path, pixels, cmap="gray", vmin=0, vmax=1)


def measure(program, source, evaluations, folder):
    arguments = ["--source", source, "--epsilon", EPSILON, "--method", "learned", "--cpu", "--evaluations", evaluations]
    subprocess.run([program, "solve", *arguments, "--out", folder / "out"], check=True, capture_output=True)
    summary = json.loads((folder / "out" / "summary.json").read_text())
    return summary["seconds"]["train"], summary["measures"]["transform"]["kl_source"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("builds", nargs="+", help="NAME=PATH")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("docs/learning.png"))
    arguments = parser.parse_args()
    builds = dict(build.split("=", 1) for build in arguments.builds)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        cross(folder / "cross.png")
        sources = {"2spirals": "2spirals", "checkerboard": "checkerboard", "two thin lines": str(folder / "cross.png")}
        curves = {
            title: {build: [] for build in builds} for title in sources
        }
        for title, source in sources.items():
            for evaluations in EVALUATIONS:
                for build, program in builds.items():
                    curves[title][build].append(measure(program, source, evaluations, folder))
    figure, panels = plt.subplots(1, len(curves), figsize=(11, 3.6), sharey=True, layout="constrained")
    for panel, (title, of_builds) in zip(panels, curves.items()):
        for colour, (build, points) in zip(COLOURS, of_builds.items()):
            panel.loglog(*zip(*points), marker="o", color=colour, label=build)
        panel.set_title(title)
        panel.set_xlabel("seconds of training")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("KL(p_D ‖ ρ₀), nats")
    panels[0].legend()
    figure.suptitle(f"ε = {EPSILON}, on the CPU")
    figure.savefig(arguments.out, dpi=110)
    numbers = {"epsilon": EPSILON, "evaluations": EVALUATIONS, "seconds_and_kl": curves}
    arguments.out.with_suffix(".json").write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    main()

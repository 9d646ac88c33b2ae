"""Checks the flow that `flowsketch solve ... --out FOLDER` wrote: both marginals, and the continuity equation at t = 1/2.

    flowsketch solve --source moons --epsilon 0.2 --method exact --out moons
    python examples/check_fields.py moons
"""
import json
import sys

import numpy as np

if len(sys.argv) != 2:
    sys.exit(__doc__)
folder = sys.argv[1]
fields = {name: array.astype(float) for name, array in np.load(f"{folder}/fields.npz").items()}
epsilon = json.load(open(f"{folder}/summary.json"))["settings"]["epsilon"]
x, step = fields["x"], fields["x"][1] - fields["x"][0]


def heat(field, variance):
    """The average with a Gaussian of that variance, as a product with a matrix for each axis."""
    kernel = np.exp(-0.5 * (x[:, None] - x) ** 2 / variance) * step / np.sqrt(2 * np.pi * variance)
    return kernel @ field @ kernel.T


u, w = np.exp(fields["phi"] / epsilon), np.exp(fields["psi"] / epsilon)
rho = lambda t: heat(u, t * epsilon) * heat(w, (1 - t) * epsilon)
integral = lambda field: np.abs(field).sum() * step**2
frequency = 2j * np.pi * np.fft.fftfreq(len(x), step)
slope = lambda field, axis: np.fft.ifft(np.expand_dims(frequency, 1 - axis) * np.fft.fft(field, axis=axis), axis=axis).real
flux = fields["rho"][3, :, :, None] * fields["velocity"][3]
change = (rho(0.501) - rho(0.499)) / 0.002
checks = {
    "source marginal": integral(u * heat(w, epsilon) - fields["p_source"]),
    "target marginal": integral(w * heat(u, epsilon) - fields["p_target"]),
    "continuity": integral(change + slope(flux[..., 0], 0) + slope(flux[..., 1], 1)) / integral(change),
}
for name, error in checks.items():
    print(f"{name}: {error:.1e}")
sys.exit(0 if max(checks.values()) < 1e-3 else 1)

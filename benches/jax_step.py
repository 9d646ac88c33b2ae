"""One training step of both potentials in JAX, jit-compiled: what `flowsketch bench` is compared with.

    python jax_step.py quadrature|paper [--steps 30]

The same work as the product's, with the same sizes: for `quadrature` 1000 points of a checkerboard and two shifted
40 x 40 lattices, 34-64-64-64-1 networks with Fourier features, phi by its semi-dual and psi by regression; for `paper`
1000 points of either density with 100 draws around each, 2-64-64-64-1, both semi-duals; ReLU and Adam in both. Prints
one JSON object: network evaluations per second (a forward and a backward pass at one point), the better of one compiled
call a step and one compiled loop over all steps.
"""
import argparse
import json
import statistics
import time

import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp

WIDTH, FEATURES, BATCH, DRAWS, EPSILON = 64, 16, 1000, 100, 1.0
BLOCKS = 5


def network(key, inputs):
    sizes = [inputs, WIDTH, WIDTH, WIDTH, 1]
    keys = jax.random.split(key, 4)
    return [
        (jax.random.uniform(k, (i, o), minval=-1, maxval=1) * i**-0.5, jnp.zeros(o))
        for k, i, o in zip(keys, sizes[:-1], sizes[1:])
    ]


def potential(theta, x):
    for weights, bias in theta[:-1]:
        x = jax.nn.relu(x @ weights + bias)
    weights, bias = theta[-1]
    return (x @ weights + bias)[..., 0]


def adam(theta, gradient, state, n, rate):
    b1, b2 = 0.9, 0.99
    moment = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, state[0], gradient)
    square = jax.tree.map(lambda s, g: b2 * s + (1 - b2) * g * g, state[1], gradient)

    def move(t, m, s):
        return t - rate * (m / (1 - b1**n)) / (jnp.sqrt(s / (1 - b2**n)) + 1e-8)

    return jax.tree.map(move, theta, moment, square), (moment, square)


def checkerboard(key):
    a, b, c = jax.random.split(key, 3)
    x = jax.random.uniform(a, (BATCH,), minval=-2.0, maxval=2.0)
    y = jax.random.uniform(b, (BATCH,)) - 2 * jax.random.randint(c, (BATCH,), 0, 2) + jnp.floor(x) % 2
    return 2 * jnp.stack([x, y], -1)


def paper_step(state, key):
    phi, psi, phi_state, psi_state, n = state
    a, b, c, d = jax.random.split(key, 4)
    x, y = checkerboard(a), jax.random.normal(b, (BATCH, 2))

    def loss(theta, own, other, key):
        draws = other[:, None] + EPSILON**0.5 * jax.random.normal(key, (BATCH, DRAWS, 2))
        log_heat = logsumexp(potential(theta, draws), axis=1) - jnp.log(DRAWS)
        return log_heat.mean() - potential(theta, own).mean()

    phi, phi_state = adam(phi, jax.grad(loss)(phi, x, y, c), phi_state, n, 1e-3)
    psi, psi_state = adam(psi, jax.grad(loss)(psi, y, x, d), psi_state, n, 1e-3)
    return phi, psi, phi_state, psi_state, n + 1


def quadrature_step(state, key, count, frequencies):
    phi, psi, phi_state, psi_state, n = state
    a, b, c = jax.random.split(key, 3)
    x = checkerboard(a)

    def at(theta, x):
        angle = x @ frequencies
        return potential(theta, jnp.concatenate([0.5 * x, jnp.sin(angle), jnp.cos(angle)], -1))

    def axes(key, half):
        step = 2 * half / count
        return [-half + step * (jnp.arange(count) + s) for s in jax.random.uniform(key, (2,))], step

    def points(axes):
        return jnp.stack(jnp.meshgrid(*axes, indexing="ij"), -1)

    (source, step), (target, _) = axes(b, 5.4), axes(c, 5.0)
    y = points(target)
    log_normal = -0.5 * (y**2).sum(-1) - jnp.log(2 * jnp.pi)
    omega = jax.nn.softmax(log_normal.ravel()).reshape(log_normal.shape)

    def log_heat(u):
        [k0, k1] = [-((q[:, None] - p) ** 2) / (2 * EPSILON) for q, p in zip(target, source)]
        half = logsumexp(u[:, None, :] + k1[None], axis=2)
        return logsumexp(half.T[None] + k0[:, None, :], axis=2) + jnp.log(step**2 / (2 * jnp.pi * EPSILON))

    def phi_loss(theta):
        heat = log_heat(at(theta, points(source)))
        return (omega * heat).sum() - at(theta, x).mean(), heat

    gradient, heat = jax.grad(phi_loss, has_aux=True)(phi)
    phi, phi_state = adam(phi, gradient, phi_state, n, 3e-3)
    gradient = jax.grad(lambda theta: 0.5 * (omega * (at(theta, y) - (log_normal - heat)) ** 2).sum())(psi)
    psi, psi_state = adam(psi, gradient, psi_state, n, 3e-3)
    return phi, psi, phi_state, psi_state, n + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workload", choices=["quadrature", "paper"])
    parser.add_argument("--steps", type=int, default=30, help="in each of five timed blocks")
    parser.add_argument("--lattice", type=int, default=40)
    arguments = parser.parse_args()
    # A GPU would otherwise round products to TF32.
    jax.config.update("jax_default_matmul_precision", "highest")
    keys = jax.random.split(jax.random.PRNGKey(0), 4)
    if arguments.workload == "paper":
        inputs, evaluations, step = 2, 2 * BATCH * (DRAWS + 1), paper_step
    else:
        frequencies = 2 * jax.random.normal(keys[3], (2, FEATURES))
        inputs, evaluations = 2 + 2 * FEATURES, BATCH + 2 * arguments.lattice**2

        def step(state, key):
            return quadrature_step(state, key, arguments.lattice, frequencies)

    phi, psi = network(keys[0], inputs), network(keys[1], inputs)
    zeros = [(jax.tree.map(jnp.zeros_like, theta),) * 2 for theta in (phi, psi)]
    start = (phi, psi, *zeros, jnp.float32(1))
    one = jax.jit(step)

    def calls(state, key):
        for k in jax.random.split(key, arguments.steps):
            state = one(state, k)
        return state

    def body(state, key):
        return step(state, key), None

    loop = jax.jit(lambda state, key: jax.lax.scan(body, state, jax.random.split(key, arguments.steps))[0])

    def median_seconds(block):
        state = jax.block_until_ready(block(start, keys[2]))
        times = []
        for k in range(BLOCKS):
            began = time.perf_counter()
            state = jax.block_until_ready(block(state, jax.random.fold_in(keys[2], k)))
            times.append((time.perf_counter() - began) / arguments.steps)
        return statistics.median(times)

    seconds = min(median_seconds(calls), median_seconds(loop))
    result = {
        "backend": f"jax {jax.__version__} {jax.devices()[0].platform}",
        "workload": arguments.workload,
        "evaluations_per_second": round(evaluations / seconds),
        "evaluations_per_step": evaluations,
        "milliseconds_per_step": round(1e3 * seconds, 3),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()

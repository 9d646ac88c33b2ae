"""One training step of both potentials in JAX, jit-compiled: what `flowsketch bench` is compared with.

    python jax_step.py quadrature|paper [--steps 30]

The same work as a step of Flowsketch, with the same sizes. `quadrature`: 500 points of a checkerboard and a shifted
20 x 20 lattice as nodes of one sum, with balanced weights, a second lattice for the target, 58-64-64-64-1 networks with
Fourier features and leaky ReLU, phi by its semi-dual and psi by regression. `paper`: 1000 points of either density with
100 draws around each, 2-64-64-64-1 networks with ReLU, both by their semi-duals. Both use Adam. Prints one JSON object:
network evaluations per second (a forward and a backward pass at one point), by the faster of two ways, one compiled
call a step or one compiled loop over all steps.
"""
import argparse
import json
import statistics
import time

import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp

WIDTH, FEATURES, DRAWS, EPSILON = 64, 28, 100, 1.0
BATCH, QUADRATURE_BATCH = 1000, 500
BLOCKS = 5


def network(key, inputs):
    sizes = [inputs, WIDTH, WIDTH, WIDTH, 1]
    keys = jax.random.split(key, 4)
    return [
        (jax.random.uniform(k, (i, o), minval=-1, maxval=1) * i**-0.5, jnp.zeros(o))
        for k, i, o in zip(keys, sizes[:-1], sizes[1:])
    ]


def potential(theta, x, activation=jax.nn.relu):
    for weights, bias in theta[:-1]:
        x = activation(x @ weights + bias)
    weights, bias = theta[-1]
    return (x @ weights + bias)[..., 0]


def adam(theta, gradient, state, n, rate):
    b1, b2 = 0.9, 0.99
    moment = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, state[0], gradient)
    square = jax.tree.map(lambda s, g: b2 * s + (1 - b2) * g * g, state[1], gradient)

    def move(t, m, s):
        return t - rate * (m / (1 - b1**n)) / (jnp.sqrt(s / (1 - b2**n)) + 1e-8)

    return jax.tree.map(move, theta, moment, square), (moment, square)


def checkerboard(key, count):
    a, b, c = jax.random.split(key, 3)
    x = jax.random.uniform(a, (count,), minval=-2.0, maxval=2.0)
    y = jax.random.uniform(b, (count,)) - 2 * jax.random.randint(c, (count,), 0, 2) + jnp.floor(x) % 2
    return 2 * jnp.stack([x, y], -1)


def paper_step(state, key):
    phi, psi, phi_state, psi_state, n = state
    a, b, c, d = jax.random.split(key, 4)
    x, y = checkerboard(a, BATCH), jax.random.normal(b, (BATCH, 2))

    def loss(theta, own, other, key):
        draws = other[:, None] + EPSILON**0.5 * jax.random.normal(key, (BATCH, DRAWS, 2))
        log_heat = logsumexp(potential(theta, draws), axis=1) - jnp.log(DRAWS)
        return log_heat.mean() - potential(theta, own).mean()

    phi, phi_state = adam(phi, jax.grad(loss)(phi, x, y, c), phi_state, n, 1e-3)
    psi, psi_state = adam(psi, jax.grad(loss)(psi, y, x, d), psi_state, n, 1e-3)
    return phi, psi, phi_state, psi_state, n + 1


def quadrature_step(state, key, counts, frequencies):
    phi, psi, phi_state, psi_state, n = state
    a, b, c = jax.random.split(key, 3)

    def at(theta, x):
        angle = x @ frequencies
        return potential(theta, jnp.concatenate([0.5 * x, jnp.sin(angle), jnp.cos(angle)], -1), jax.nn.leaky_relu)

    def axes(key, half, count):
        step = 2 * half / count
        return [-half + step * (jnp.arange(count) + s) for s in jax.random.uniform(key, (2,))], step

    def points(axes):
        return jnp.stack(jnp.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)

    (source, step), (target, _) = axes(b, 5.4, counts[0]), axes(c, 5.0, counts[1])
    x = jnp.concatenate([checkerboard(a, QUADRATURE_BATCH), points(source)])
    inside = (jnp.abs(x) < 4).all(-1) & (jnp.floor(x / 2).sum(-1) % 2 == 0)
    density = jnp.where(inside, 1 / 32, 0.0)
    area = 1 / (step**-2 + QUADRATURE_BATCH * density)
    share = density * area / (density * area).sum()
    y = points(target)
    log_normal = -0.5 * (y**2).sum(-1) - jnp.log(2 * jnp.pi)
    omega = jax.nn.softmax(log_normal)

    def log_heat(u):
        # A product of two tables of exponentials; float32 has the range for it at this epsilon.
        f = u + jnp.log(area / (2 * jnp.pi * EPSILON))
        along = f - (x[:, 0] - target[0][:, None]) ** 2 / (2 * EPSILON)
        top = jax.lax.stop_gradient(along.max(1))
        across = jnp.exp(-((x[:, 1:] - target[1]) ** 2) / (2 * EPSILON))
        return (top[:, None] + jnp.log(jnp.exp(along - top[:, None]) @ across)).ravel()

    def phi_loss(theta):
        u = at(theta, x)
        heat = log_heat(u)
        return (omega * heat).sum() - (share * u).sum(), heat

    gradient, heat = jax.grad(phi_loss, has_aux=True)(phi)
    phi, phi_state = adam(phi, gradient, phi_state, n, 3e-3)
    weights = jnp.where(log_normal > -11.5 - jnp.log(2 * jnp.pi), 0.9 * omega + 0.1 * jax.nn.softmax(0.5 * log_normal), 0.0)
    gradient = jax.grad(lambda theta: 0.5 * (weights * (at(theta, y) - (log_normal - heat)) ** 2).sum())(psi)
    psi, psi_state = adam(psi, gradient, psi_state, n, 3e-3)
    return phi, psi, phi_state, psi_state, n + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workload", choices=["quadrature", "paper"])
    parser.add_argument("--steps", type=int, default=30, help="in each of five timed blocks")
    parser.add_argument("--nodes", type=int, nargs=2, default=[20, 20], help="an axis of the source's and the target's lattice")
    arguments = parser.parse_args()
    # A GPU would otherwise round products to TF32.
    jax.config.update("jax_default_matmul_precision", "highest")
    keys = jax.random.split(jax.random.PRNGKey(0), 4)
    if arguments.workload == "paper":
        inputs, evaluations, step = 2, 2 * BATCH * (DRAWS + 1), paper_step
    else:
        frequencies = 2 * jax.random.normal(keys[3], (2, FEATURES))
        inputs, evaluations = 2 + 2 * FEATURES, QUADRATURE_BATCH + sum(count**2 for count in arguments.nodes)

        def step(state, key):
            return quadrature_step(state, key, arguments.nodes, frequencies)

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

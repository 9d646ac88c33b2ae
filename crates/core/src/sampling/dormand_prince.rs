//! The explicit Runge-Kutta pair of Dormand and Prince, orders 5 and 4, with steps adapted to its estimate
//! of the error.

/// Nodes c of the stages after the first.
const NODES: [f64; 6] = [1.0 / 5.0, 3.0 / 10.0, 4.0 / 5.0, 8.0 / 9.0, 1.0, 1.0];
/// Rows a of the tableau; the last is the result of order 5, so that its rate is the first of the next step.
const STAGES: [&[f64]; 6] = [
    &[1.0 / 5.0],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
    &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];
/// The result of order 5 minus that of order 4.
const ERROR: [f64; 7] =
    [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339200.0, 22.0 / 525.0, -1.0 / 40.0];

/// The first step, as a share of the time interval.
const FIRST_STEP: f64 = 1.0 / 64.0;
/// A step of this share of the time interval is accepted whatever its error.
const LAST_RESORT: f64 = 1e-4;
/// Smallest and largest factor from one step to the next, and how much of the tolerance a step aims at.
const SHRINK: f64 = 0.2;
const GROW: f64 = 5.0;
const SAFETY: f64 = 0.9;

/// Solves dx/dt = `rate`(t, x) from x(`from`) = `start` to the time `to`, later or earlier; x(`to`) and the number of
/// evaluations of `rate`.
///
/// The error of a step, the root mean square over components of |error| / (1 + |x|), is kept below `tolerance`. Steps
/// of 1e-4 of the interval are accepted whatever their error, so that it always ends: after 10⁴ steps at most, and no
/// more than 88 rejected ones before each of them.
pub fn integrate<const N: usize>(
    rate: impl Fn(f64, &[f64; N]) -> [f64; N],
    start: [f64; N],
    from: f64,
    to: f64,
    tolerance: f64,
) -> ([f64; N], usize) {
    let span = to - from;
    let (mut x, mut done, mut step, mut refused) = (start, 0.0, FIRST_STEP, false);
    let mut rates = [[0.0; N]; 7];
    if span == 0.0 || start.iter().any(|v| !v.is_finite()) {
        return (x, 0);
    }
    rates[0] = rate(from, &x);
    let mut evaluations = 1;
    while done < 1.0 {
        // Avoids a last step of the size of a rounding error.
        let last = done + 1.0001 * step >= 1.0;
        let length = if last { 1.0 - done } else { step };
        let h = span * length;
        let mut next = x;
        for (stage, row) in STAGES.iter().enumerate() {
            next = std::array::from_fn(|n| x[n] + h * row.iter().zip(&rates).map(|(a, k)| a * k[n]).sum::<f64>());
            let time = if last && NODES[stage] == 1.0 { to } else { from + span * (done + NODES[stage] * length) };
            rates[stage + 1] = rate(time, &next);
        }
        evaluations += STAGES.len();
        let error = |n: usize| h * ERROR.iter().zip(&rates).map(|(e, k)| e * k[n]).sum::<f64>();
        let scaled = |n: usize| error(n) / (tolerance * (1.0 + x[n].abs().max(next[n].abs())));
        let error = ((0..N).map(|n| scaled(n).powi(2)).sum::<f64>() / N as f64).sqrt();
        // An error that is not a number counts as large.
        let factor = if error.is_nan() { SHRINK } else { (SAFETY * error.powf(-0.2)).clamp(SHRINK, GROW) };
        if error <= 1.0 || step.min(length) <= LAST_RESORT {
            (x, rates[0]) = (next, rates[6]);
            done = if last { 1.0 } else { done + length };
            // A length that was just rejected is not tried again at once.
            step = length * if refused { factor.min(1.0) } else { factor };
            refused = false;
        } else {
            step = length * factor;
            refused = true;
        }
        step = step.max(LAST_RESORT);
    }
    (x, evaluations)
}

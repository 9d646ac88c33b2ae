//! Entropic optimal transport from a Gaussian N(m, S) to the standard Normal, in closed form.
//!
//! With C = (S + ε²/4 I)^½ − ε/2 I the optimal coupling is the Gaussian with blocks ((S, C), (C, I)). Its potentials
//! are quadratic; the networks learn the correction that is added to them.
//!
//! ```
//! use flowsketch_core::gaussian::{Moments, bridge};
//!
//! let source = Moments { mean: [1.0, -0.5], covariance: [0.5, 0.1, 0.3] };
//! assert_eq!(bridge(&source, 0.2, 0.0).mean, source.mean);
//! assert!(bridge(&source, 0.2, 1.0).mean.iter().all(|c| c.abs() < 1e-12));
//! ```

use crate::lattice::Lattice;
use serde::{Deserialize, Serialize};

/// A symmetric 2 × 2 matrix (xx, xy, yy).
pub type Symmetric = [f64; 3];

/// c − ½ xᵀQx + bᵀx, in nats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quadratic {
    /// Q as (xx, xy, yy).
    pub curvature: Symmetric,
    /// b.
    pub slope: [f64; 2],
    /// c.
    pub constant: f64,
}

impl Quadratic {
    /// The value at `x`, nats.
    pub fn at(&self, [x, y]: [f64; 2]) -> f64 {
        let [xx, xy, yy] = self.curvature;
        self.constant - 0.5 * (xx * x * x + 2.0 * xy * x * y + yy * y * y) + self.slope[0] * x + self.slope[1] * y
    }
}

/// Smallest standard deviation of a source, world units: a thinner one would make the potentials overflow.
const MIN_DEVIATION: f64 = 0.02;

/// The potentials u = φ/ε and w = ψ/ε of N(m, S) → N(0, I).
///
/// `u.constant` is 0 and `w.constant` makes the total mass of the coupling 1.
pub fn potentials(moments: &Moments, epsilon: f64) -> (Quadratic, Quadratic) {
    let covariance = floored(moments.covariance);
    let cross = cross_covariance(covariance, epsilon);
    // The precision ((S, C), (C, I))⁻¹ in blocks; S and C commute.
    let schur = inverse(sub(covariance, product(cross, cross)));
    let precision_yy = add(IDENTITY, product(cross, product(cross, schur)));
    let slope_u = apply(schur, moments.mean);
    let slope_w = apply(product(schur, cross), moments.mean).map(|c| -c);
    let curvature_u = sub(schur, scaled(IDENTITY, 1.0 / epsilon));
    let curvature_w = sub(precision_yy, scaled(IDENTITY, 1.0 / epsilon));
    // w(0) = log p_N(0) − log H_ε[e^u](0), and the Gaussian integral has precision Q_u + I/ε = schur.
    let pulled = apply(inverse(schur), slope_u);
    let log_heat =
        -0.5 * determinant(scaled(schur, epsilon)).ln() + 0.5 * (slope_u[0] * pulled[0] + slope_u[1] * pulled[1]);
    let constant = -(2.0 * std::f64::consts::PI).ln() - log_heat;
    (
        Quadratic { curvature: curvature_u, slope: slope_u, constant: 0.0 },
        Quadratic { curvature: curvature_w, slope: slope_w, constant },
    )
}

/// The potentials of N(m, S) → N(m′, S′), constants as for [`potentials`]: the optimal coupling is the Gaussian with
/// blocks ((S, C), (Cᵀ, S′)), C = S^½ (S^½ S′ S^½ + ε²/4 I)^½ S^(−½) − ε/2 I.
pub fn potentials_between(source: &Moments, target: &Moments, epsilon: f64) -> (Quadratic, Quadratic) {
    let [s, s_target] = [source, target].map(|moments| full(floored(moments.covariance)));
    let root = full(square_root(symmetric(s)));
    let middle = symmetric(times(root, times(s_target, root)));
    let middle = full(square_root(add(middle, scaled(IDENTITY, epsilon * epsilon / 4.0))));
    let mut cross = times(root, times(middle, inverted(root)));
    (0..2).for_each(|k| cross[k][k] -= epsilon / 2.0);
    // The diagonal blocks of the precision; the off-diagonal block is −I/ε.
    let of = |s: Full, cross: Full, other: Full| {
        let explained = times(cross, times(inverted(other), transposed(cross)));
        inverse(sub(symmetric(s), symmetric(explained)))
    };
    let (precision_xx, precision_yy) = (of(s, cross, s_target), of(s_target, transposed(cross), s));
    let slope = |precision: Symmetric, own: [f64; 2], other: [f64; 2]| {
        let pulled = apply(precision, own);
        [0, 1].map(|k| pulled[k] - other[k] / epsilon)
    };
    let slope_u = slope(precision_xx, source.mean, target.mean);
    let slope_w = slope(precision_yy, target.mean, source.mean);
    // w(0) = log p_N(0) − log H_ε[e^u](0), and the Gaussian integral has precision Q_u + I/ε.
    let pulled = apply(inverse(precision_xx), slope_u);
    let log_heat = -0.5 * determinant(scaled(precision_xx, epsilon)).ln()
        + 0.5 * (slope_u[0] * pulled[0] + slope_u[1] * pulled[1]);
    let floored_target = Moments { covariance: symmetric(s_target), ..*target };
    let constant = density(&floored_target, [0.0; 2]).ln() - log_heat;
    let curvature = |precision| sub(precision, scaled(IDENTITY, 1.0 / epsilon));
    (
        Quadratic { curvature: curvature(precision_xx), slope: slope_u, constant: 0.0 },
        Quadratic { curvature: curvature(precision_yy), slope: slope_w, constant },
    )
}

/// A 2 × 2 matrix by rows.
type Full = [[f64; 2]; 2];

fn full([xx, xy, yy]: Symmetric) -> Full {
    [[xx, xy], [xy, yy]]
}

/// The symmetric part of a matrix that is symmetric up to rounding.
fn symmetric([[xx, xy], [yx, yy]]: Full) -> Symmetric {
    [xx, 0.5 * (xy + yx), yy]
}

fn times(a: Full, b: Full) -> Full {
    a.map(|row| [0, 1].map(|j| row[0] * b[0][j] + row[1] * b[1][j]))
}

fn transposed([[xx, xy], [yx, yy]]: Full) -> Full {
    [[xx, yx], [xy, yy]]
}

fn inverted([[xx, xy], [yx, yy]]: Full) -> Full {
    let determinant = xx * yy - xy * yx;
    [[yy, -xy], [-yx, xx]].map(|row| row.map(|c| c / determinant))
}

/// Mean and covariance of ρ_t on the entropic interpolation from N(m, S) to N(0, I):
/// Σ_t = (1 − t)² S + t² I + 2 t (1 − t) (S + ε²/4 I)^½.
pub fn bridge(moments: &Moments, epsilon: f64, t: f64) -> Moments {
    let root = square_root(add(moments.covariance, scaled(IDENTITY, epsilon * epsilon / 4.0)));
    let covariance = add(
        add(scaled(moments.covariance, (1.0 - t) * (1.0 - t)), scaled(IDENTITY, t * t)),
        scaled(root, 2.0 * t * (1.0 - t)),
    );
    Moments { mean: moments.mean.map(|m| (1.0 - t) * m), covariance }
}

/// Velocity of that interpolation: v_t(x) = ṁ_t + ½ Σ̇_t Σ_t⁻¹ (x − m_t).
pub fn bridge_velocity(moments: &Moments, epsilon: f64, t: f64, x: [f64; 2]) -> [f64; 2] {
    let at = bridge(moments, epsilon, t);
    let root = square_root(add(moments.covariance, scaled(IDENTITY, epsilon * epsilon / 4.0)));
    let rate = add(
        add(scaled(moments.covariance, -2.0 * (1.0 - t)), scaled(IDENTITY, 2.0 * t)),
        scaled(root, 2.0 * (1.0 - 2.0 * t)),
    );
    let offset = [x[0] - at.mean[0], x[1] - at.mean[1]];
    let stretch = apply(scaled(product(rate, inverse(at.covariance)), 0.5), offset);
    [stretch[0] - moments.mean[0], stretch[1] - moments.mean[1]]
}

/// Density of the Gaussian with these moments at `x`.
pub fn density(moments: &Moments, x: [f64; 2]) -> f64 {
    let offset = [x[0] - moments.mean[0], x[1] - moments.mean[1]];
    let pulled = apply(inverse(moments.covariance), offset);
    let exponent = -0.5 * (offset[0] * pulled[0] + offset[1] * pulled[1]);
    exponent.exp() / (2.0 * std::f64::consts::PI * determinant(moments.covariance).sqrt())
}

const IDENTITY: Symmetric = [1.0, 0.0, 1.0];

/// C = (S + ε²/4 I)^½ − ε/2 I.
fn cross_covariance(covariance: Symmetric, epsilon: f64) -> Symmetric {
    sub(square_root(add(covariance, scaled(IDENTITY, epsilon * epsilon / 4.0))), scaled(IDENTITY, epsilon / 2.0))
}

/// The covariance plus a multiple of I, so that its smallest eigenvalue is at least [`MIN_DEVIATION`]².
fn floored(covariance: Symmetric) -> Symmetric {
    let [xx, xy, yy] = covariance;
    let smallest = 0.5 * (xx + yy - ((xx - yy).powi(2) + 4.0 * xy * xy).sqrt());
    add(covariance, scaled(IDENTITY, (MIN_DEVIATION * MIN_DEVIATION - smallest).max(0.0)))
}

fn add(a: Symmetric, b: Symmetric) -> Symmetric {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

fn sub(a: Symmetric, b: Symmetric) -> Symmetric {
    add(a, scaled(b, -1.0))
}

fn scaled(a: Symmetric, factor: f64) -> Symmetric {
    a.map(|c| factor * c)
}

/// det A.
pub fn determinant(a: Symmetric) -> f64 {
    a[0] * a[2] - a[1] * a[1]
}

/// A⁻¹.
pub fn inverse(a: Symmetric) -> Symmetric {
    scaled([a[2], -a[1], a[0]], 1.0 / determinant(a))
}

/// Product of two symmetric matrices that commute, as all functions of S do.
fn product(a: Symmetric, b: Symmetric) -> Symmetric {
    [a[0] * b[0] + a[1] * b[1], a[0] * b[1] + a[1] * b[2], a[1] * b[1] + a[2] * b[2]]
}

/// A x.
pub fn apply(a: Symmetric, x: [f64; 2]) -> [f64; 2] {
    [a[0] * x[0] + a[1] * x[1], a[1] * x[0] + a[2] * x[1]]
}

/// The positive root: (A + √det A I) / √(tr A + 2 √det A), by Cayley-Hamilton.
fn square_root(a: Symmetric) -> Symmetric {
    let root_determinant = determinant(a).max(0.0).sqrt();
    scaled(add(a, scaled(IDENTITY, root_determinant)), 1.0 / (a[0] + a[2] + 2.0 * root_determinant).sqrt())
}

/// Mean and covariance, world units and world units squared; the covariance is (xx, xy, yy).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// World units.
    pub mean: [f64; 2],
    /// The entries xx, xy and yy, world units squared.
    pub covariance: [f64; 3],
}

impl Moments {
    /// Those of a density of mass 1 with the values `density`, in the order of the lattice.
    pub fn on(lattice: &Lattice, density: impl Iterator<Item = f64> + Clone) -> Self {
        // Row by row, for speed: while a drawing changes its moments are computed many times a second.
        let sums = |middle: [f64; 2]| {
            let mut density = density.clone();
            let mut sums = [0.0; 5];
            for x in lattice.coordinates(0).map(|x| x - middle[0]) {
                let mut row = [0.0; 3];
                for (y, p) in lattice.coordinates(1).map(|y| y - middle[1]).zip(density.by_ref()) {
                    row = [row[0] + p, row[1] + p * y, row[2] + p * y * y];
                }
                let of_row = [x * row[0], row[1], x * x * row[0], x * row[1], row[2]];
                sums.iter_mut().zip(of_row).for_each(|(sum, of_row)| *sum += of_row);
            }
            sums.map(|sum| sum * lattice.cell_area())
        };
        let [x, y, ..] = sums([0.0; 2]);
        let [.., xx, xy, yy] = sums([x, y]);
        Self { mean: [x, y], covariance: [xx, xy, yy] }
    }

    /// Those of the Gaussian whose standard deviation is `deviations[0]` along the axis at `angle` (radians, from the
    /// x axis to the y axis) and `deviations[1]` across it.
    pub fn of_axes(mean: [f64; 2], deviations: [f64; 2], angle: f64) -> Self {
        let [along, across] = deviations.map(|deviation| deviation * deviation);
        let (sin, cos) = angle.sin_cos();
        let covariance = [
            along * cos * cos + across * sin * sin,
            (along - across) * sin * cos,
            along * sin * sin + across * cos * cos,
        ];
        Self { mean, covariance }
    }

    /// The standard deviations along the principal axes, the larger first, and the angle of its axis in (−π/2, π/2].
    pub fn axes(&self) -> ([f64; 2], f64) {
        let [xx, xy, yy] = self.covariance;
        let (middle, half) = (0.5 * (xx + yy), (0.25 * (xx - yy).powi(2) + xy * xy).sqrt());
        let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
        ([middle + half, middle - half].map(|variance| variance.max(0.0).sqrt()), angle)
    }
}

//! Measures of any pair of potentials u = φ/ε and w = ψ/ε on a lattice, learned or exact.

use crate::heat::products::HeatProducts;
use crate::lattice::Lattice;

/// D(φ, ψ) = E\[φ\] + E\[ψ\] − ε (∬γ − 1), units of cost, with the densities of source and target;
/// `log_mass` is log ∬γ.
pub fn dual_value(
    lattice: &Lattice,
    epsilon: f64,
    [source, target]: [&[f64]; 2],
    [u, w]: [&[f64]; 2],
    log_mass: f64,
) -> f64 {
    let mean = |density: &[f64], f: &[f64]| {
        let terms = density.iter().zip(f).map(|(p, f)| if *p > 0.0 { p * f } else { 0.0 });
        terms.sum::<f64>() * lattice.cell_area()
    };
    epsilon * (mean(source, u) + mean(target, w) - (log_mass.exp() - 1.0))
}

/// log ρ_0 = u + log H_ε\[e^w\] at every point.
pub fn log_rho_0(lattice: &Lattice, epsilon: f64, [u, w]: [&[f64]; 2]) -> Vec<f32> {
    let heat = HeatProducts::new(lattice, epsilon).average(w);
    u.iter().zip(&heat).map(|(u, heat)| (u + heat) as f32).collect()
}

/// Distance of a flow (log ρ_t, v_t) from the exact one at one time: ∫ |ρ_t/∫ρ_t − ρ*_t| and
/// ∫ |v − v*|² ρ* / ∫ |v*|² ρ*.
pub fn flow_distance(lattice: &Lattice, flow: &[[f32; 3]], exact: &[[f32; 3]]) -> [f64; 2] {
    let rho = |point: &[f32; 3]| f64::from(point[0]).exp();
    let mass = flow.iter().map(rho).sum::<f64>() * lattice.cell_area();
    let (mut l1, mut miss, mut scale) = (0.0, 0.0, 0.0);
    for (a, b) in flow.iter().zip(exact) {
        let weight = rho(b);
        l1 += (rho(a) / mass - weight).abs();
        miss += weight * f64::from((a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2));
        scale += weight * f64::from(b[1].powi(2) + b[2].powi(2));
    }
    [l1 * lattice.cell_area(), miss / scale]
}

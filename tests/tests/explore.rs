//! Inspection of a flow: values at a point, the coupling given one end, particles. Against closed forms, sums over the
//! lattice and the flow off the lattice. No GPU.

use flowsketch_core::exact::sinkhorn::Stop;
use flowsketch_core::explore::{FlowProbe, Frame, Given, ParticleConfig, Particles, contour, level};
use flowsketch_core::gaussian::{Moments, bridge, bridge_velocity, density, potentials};
use flowsketch_core::headless::ExactReference;
use flowsketch_core::lattice::{Lattice, SOURCE_MASK, TARGET_MASK};
use flowsketch_core::measure::{Preset, Sampler, Target};
use flowsketch_core::numeric::normal_points;
use flowsketch_core::particle_step::{FRAMES, frame_time};
use flowsketch_core::potentials::Potentials;
use flowsketch_core::sampling::{PointwiseFlow, diffuse, energy_distance, transport, two_sample_test};
use flowsketch_tests::flow::{SOURCE, gaussian};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::time::Instant;

type Points = Vec<[f64; 2]>;

/// The exact pair of a preset.
fn exact(preset: Preset, epsilon: f64) -> Potentials {
    let truth =
        ExactReference::new(&preset.density(), &Target::Normal, epsilon, &Stop { tolerance: 1e-6, ..Stop::default() });
    Potentials::new(epsilon, &truth.exact.solution.u, &truth.exact.solution.w)
}

fn pair(potentials: &Potentials) -> PointwiseFlow {
    PointwiseFlow::new(&potentials.pair())
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// Median, 95 % quantile, largest.
fn spread(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [values.len() / 2, values.len() * 95 / 100, values.len() - 1].map(|k| values[k])
}

#[test]
fn a_probe_reads_the_closed_form_and_its_constant_is_fixed() {
    for epsilon in [0.2, 1.0] {
        let flow = gaussian(epsilon);
        let probe = FlowProbe::new(&flow);
        for t in [0.0, 0.1, 0.5, 0.9, 1.0] {
            let at = bridge(&SOURCE, epsilon, t);
            // At the ends the sums over the lattice have a ripple.
            let bound = if t == 0.0 || t == 1.0 { 0.06 } else { 1e-5 };
            for x in [[0.4, -0.3], [1.0, 0.1], [-0.7, 0.4], [0.35, -1.1]] {
                let local = probe.read(t, x);
                let miss = (local.log_rho - density(&at, x).ln()).abs();
                let slip = distance(local.velocity, bridge_velocity(&SOURCE, epsilon, t, x));
                assert!(miss < bound && slip < bound, "epsilon = {epsilon}, t = {t}, {x:?}: {miss:.1e}, {slip:.1e}");
                assert!((local.phi + local.psi - epsilon * local.log_rho).abs() < 1e-9);
                assert!((local.laplacian_psi - local.laplacian_phi - 2.0 * local.divergence).abs() < 1e-9);
            }
        }
        // E[φ] over N(m, S) and E[ψ] over N(0, I) for the quadratic potentials; both must equal half their sum.
        let (u, w) = potentials(&SOURCE, epsilon);
        let mean = |q: &flowsketch_core::gaussian::Quadratic, m: [f64; 2], s: [f64; 3]| {
            q.at(m) - 0.5 * (q.curvature[0] * s[0] + q.curvature[2] * s[2])
        };
        let of_u = mean(&u, SOURCE.mean, SOURCE.covariance);
        let of_w = mean(&w, [0.0; 2], [1.0, 0.0, 1.0]);
        let x = [0.15, 0.05];
        let expected = epsilon * (w.at(x) + 0.5 * (of_u - of_w));
        let found = probe.read(1.0, x).psi;
        assert!((found - expected).abs() < 0.03 * epsilon, "{found} against {expected}");
        // A constant moved from one potential to the other has no effect.
        let moved = |f: &[f32], by: f32| f.iter().map(|f| f + by).collect();
        let other = Potentials { epsilon, u: moved(&flow.u, 3.0), w: moved(&flow.w, -3.0) };
        let [a, b] = [&probe, &FlowProbe::new(&other)].map(|probe| probe.read(0.3, x));
        assert!((a.phi - b.phi).abs() < 1e-5 * epsilon && (a.psi - b.psi).abs() < 1e-5 * epsilon);
    }
}

/// Mass, barycentre and mean square distance from it of a density on the lattice.
fn moments_of(lattice: &Lattice, density: &[f32]) -> (f64, [f64; 2], f64) {
    let sum = |f: &dyn Fn([f64; 2]) -> f64| {
        lattice.points().zip(density).map(|(z, &p)| f64::from(p) * f(z)).sum::<f64>() * lattice.cell_area()
    };
    let mean = [sum(&|z| z[0]), sum(&|z| z[1])];
    (sum(&|_| 1.0), mean, sum(&|z| distance(z, mean).powi(2)))
}

#[test]
fn the_coupling_of_a_gaussian_is_the_closed_form() {
    for epsilon in [0.2, 1.0] {
        let flow = gaussian(epsilon);
        let (probe, lattice) = (FlowProbe::new(&flow), flow.lattice());
        let Moments { mean, covariance: [xx, _, yy] } = SOURCE;
        let s = [xx, yy];
        let c = s.map(|s| (s + epsilon * epsilon / 4.0).sqrt() - epsilon / 2.0);
        for given in [Given::Source, Given::Target] {
            for point in [[0.6, -0.1], [-1.0, 0.5]] {
                for t in [0.1, 0.5, 0.8, 1.0] {
                    let away = if given == Given::Source { t } else { 1.0 - t };
                    let found = probe.coupling(given, t, point).expect("it is inside the masks");
                    // Mean and variance of the other end, then of the bridge between them.
                    let axis = |k: usize| {
                        let (there, variance) = match given {
                            Given::Source => (c[k] / s[k] * (point[k] - mean[k]), 1.0 - c[k] * c[k] / s[k]),
                            Given::Target => (mean[k] + c[k] * point[k], s[k] - c[k] * c[k]),
                        };
                        let variance = away * away * variance + away * (1.0 - away) * epsilon;
                        (point[k] + away * (there - point[k]), variance)
                    };
                    let [(x, by_x), (y, by_y)] = [axis(0), axis(1)];
                    let slip = distance(found.barycentre, [x, y]);
                    let width = (found.spread - (by_x + by_y).sqrt()).abs();
                    assert!(slip < 1e-5 && width < 1e-5, "{given:?} {point:?} t = {t}: {slip:.1e}, {width:.1e}");
                    if away == 0.0 {
                        continue;
                    }
                    let law = Moments { mean: [x, y], covariance: [by_x, 0.0, by_y] };
                    let peak = density(&law, law.mean);
                    let errors =
                        lattice.points().zip(&found.density).map(|(z, &p)| (f64::from(p) - density(&law, z)).abs());
                    let error = errors.fold(0.0, f64::max) / peak;
                    // At the far end, t = 0 or 1, there is no heat average.
                    assert!(error < 1e-4, "{given:?} {point:?} epsilon = {epsilon}, t = {t}: {error:.1e} of the peak");
                }
            }
        }
    }
}

#[test]
fn a_coupling_has_mass_one_and_the_barycentre_and_spread_of_its_formulas() {
    for (preset, epsilon) in [(Preset::TwoSpirals, 0.2), (Preset::Checkerboard, 1.0), (Preset::Pinwheel, 0.05)] {
        let flow = exact(preset, epsilon);
        let (probe, lattice) = (FlowProbe::new(&flow), flow.lattice());
        for given in [Given::Source, Given::Target] {
            // Points on the drawing, in its holes and at the edge of the map.
            for point in [[0.0, 0.0], [1.3, -0.7], [-2.35, 2.2], [3.9, -3.9], [-4.0, 0.02]] {
                for t in [0.0, 1e-6, 1e-3, 0.1, 0.25, 0.5, 0.9, 0.999, 1.0] {
                    let found = probe.coupling(given, t, point).expect("it is inside the masks");
                    assert!(found.density.iter().all(|p| p.is_finite() && *p >= 0.0));
                    let (mass, mean, square) = moments_of(&lattice, &found.density);
                    assert!((mass - 1.0).abs() < 1e-5, "{mass}");
                    let away = if given == Given::Source { t } else { 1.0 - t };
                    let slip = distance(mean, found.barycentre);
                    let width = (square.sqrt() - found.spread).abs();
                    let is_resolved = |time: f64| time * epsilon >= 0.36 * lattice.cell_area();
                    // Close to the other end the lattice gives the law of that end itself. Close to the given end it
                    // cannot show so narrow a law, hence the wider bound.
                    let late = if is_resolved(1.0 - away) { 0.0 } else { (1.0 - away) * distance(point, mean) };
                    let bounds = [2e-3 + late, if is_resolved(away) { 2e-3 + late } else { 0.09 }];
                    assert!(
                        slip < bounds[0] && width < bounds[1],
                        "{} {given:?} {point:?} epsilon = {epsilon}, t = {t}: {slip:.1e}, {width:.1e}",
                        preset.name()
                    );
                }
            }
        }
    }
}

#[test]
fn there_is_no_coupling_outside_the_masks() {
    let probe = FlowProbe::new(&exact(Preset::Moons, 0.2));
    for (given, mask) in [(Given::Source, SOURCE_MASK), (Given::Target, TARGET_MASK)] {
        for point in [[mask + 0.01, 0.0], [0.0, -mask - 1.0], [f64::NAN, 0.0], [0.0, f64::INFINITY]] {
            assert_eq!(probe.coupling(given, 0.5, point), None);
        }
        assert!(probe.coupling(given, 0.5, [mask - 0.01, 0.0]).is_some());
    }
}

/// Of the paths that start at one point, half are within the contour around half of the mass.
#[test]
fn the_coupling_is_the_law_of_the_stochastic_flow() {
    const PATHS: usize = 4000;
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let flow = exact(Preset::TwoSpirals, 0.5);
    let (probe, lattice, pair) = (FlowProbe::new(&flow), flow.lattice(), pair(&flow));
    for (given, from, point) in [(Given::Source, 0.0, [1.2, -0.4]), (Given::Target, 1.0, [-0.6, 0.9])] {
        for t in [0.4, 0.7] {
            let found = probe.coupling(given, t, point).expect("it is inside the masks");
            let points = diffuse(&pair, &[point; PATHS], from, t, 64, &mut rng);
            let mean = [0, 1].map(|k| points.iter().map(|x| x[k]).sum::<f64>() / PATHS as f64);
            let error = found.spread / (PATHS as f64).sqrt();
            let slip = distance(mean, found.barycentre);
            let square = points.iter().map(|x| distance(*x, mean).powi(2)).sum::<f64>() / PATHS as f64;
            let half = level(&found.density, 0.5);
            let inside = points.iter().filter(|x| {
                let [i, j] = [0, 1].map(|k| ((x[k] - lattice.origin[k]) / lattice.step).round() as usize);
                found.density[i * lattice.count + j] >= half
            });
            let share = inside.count() as f64 / PATHS as f64;
            println!(
                "{given:?} t = {t}: {slip:.3} ({error:.3}), {:.3} of {:.3}, {share:.3}",
                square.sqrt(),
                found.spread
            );
            // Three standard errors and the discretisation error of the Euler-Maruyama steps.
            assert!(slip < 3.0 * error + 0.01 && (square.sqrt() - found.spread).abs() < 0.03 * found.spread);
            assert!((share - 0.5).abs() < 0.04);
        }
    }
}

#[test]
fn contours_are_where_the_density_is_and_hold_their_share() {
    let lattice = Lattice::centred(SOURCE_MASK, 108);
    let law = Moments { mean: [0.3, -0.2], covariance: [0.49, 0.0, 0.49] };
    let p: Vec<f32> = lattice.points().map(|x| density(&law, x) as f32).collect();
    for share in [0.5, 0.9] {
        // A Gaussian has the share 1 − e^(−r²/2σ²) within distance r.
        let radius = 0.7 * (-2.0 * (1.0f64 - share).ln()).sqrt();
        let lines = contour(&lattice, &p, level(&p, share));
        let mut length = 0.0;
        for [a, b] in &lines {
            let [a, b] = [a, b].map(|x| x.map(f64::from));
            assert!((distance(a, law.mean) - radius).abs() < 0.015, "{a:?} is not at {radius}");
            length += distance(a, b);
        }
        assert!((length / (std::f64::consts::TAU * radius) - 1.0).abs() < 0.01, "{length}");
        // Each end point belongs to two segments: contours are closed.
        let mut ends: Vec<[u32; 2]> = lines.iter().flatten().map(|x| x.map(f32::to_bits)).collect();
        ends.sort_unstable();
        assert!(ends.chunks_exact(2).all(|pair| pair[0] == pair[1]));
    }
    // A saddle: the two dense corners are connected through the middle, or are not.
    let square = Lattice { origin: [0.0; 2], step: 1.0, count: 2 };
    for (dense, cut_off) in [(3.0, [0.0, 1.0]), (1.2, [0.0, 0.0])] {
        let lines = contour(&square, &[dense, 0.5, 0.5, dense], 1.0);
        assert_eq!(lines.len(), 2);
        let is_around = |corner: [f64; 2]| {
            lines.iter().any(|line| {
                line.iter().all(|x| distance(x.map(f64::from), corner) <= 1.0 + 1e-6)
                    && line.iter().all(|x| {
                        (f64::from(x[0]) - corner[0]).abs() < 1e-6 || (f64::from(x[1]) - corner[1]).abs() < 1e-6
                    })
            })
        };
        assert!(is_around(cut_off), "{lines:?}");
    }
    assert!(contour(&lattice, &vec![1.0; lattice.len()], 1.0).is_empty());
    assert_eq!((level(&[], 0.5), level(&[1.0, 5.0, 2.0, 2.0], 0.5), level(&[1.0, 3.0], 1.0)), (0.0, 5.0, 1.0));
}

/// All frames of a run of particles.
fn frames(flow: &Potentials, particle_config: ParticleConfig) -> Vec<Frame> {
    let mut particles = Particles::new(flow, particle_config);
    let mut frames = vec![particles.frame()];
    while !particles.is_done() {
        particles.advance();
        frames.push(particles.frame());
    }
    particles.advance();
    assert_eq!(particles.frame(), *frames.last().expect("a frame"), "it moved past the last frame");
    frames
}

fn wide(cloud: &[[f32; 2]]) -> Points {
    cloud.iter().map(|x| x.map(f64::from)).collect()
}

#[test]
fn particles_of_a_gaussian_go_the_way_of_the_closed_form() {
    for epsilon in [0.2, 1.0] {
        for backwards in [false, true] {
            let found = frames(&gaussian(epsilon), ParticleConfig { backwards, count: 4000, seed: 3 });
            assert_eq!(found.len(), FRAMES);
            let start = wide(&found[0].ode);
            assert_eq!(found[0].ode, found[0].sde);
            let first = bridge(&SOURCE, epsilon, frame_time(found[0].index as usize));
            for (k, frame) in found.iter().enumerate() {
                assert_eq!(frame.index as usize, if backwards { FRAMES - 1 - k } else { k });
                let t = frame_time(frame.index as usize);
                let law = bridge(&SOURCE, epsilon, t);
                let scale = [0, 2].map(|k| (law.covariance[k] / first.covariance[k]).sqrt());
                let there = |x: [f64; 2]| [0, 1].map(|k| law.mean[k] + scale[k] * (x[k] - first.mean[k]));
                let [middle, most, _] =
                    spread(start.iter().zip(&frame.ode).map(|(x, y)| distance(there(*x), y.map(f64::from))).collect());
                // The lattice does not resolve variances below 0.0036; velocities there are those of a smoothed flow.
                assert!(middle < 4e-3 && most < 0.02, "epsilon = {epsilon}, t = {t}: {middle:.1e}, {most:.1e}");
                let noisy = wide(&frame.sde);
                for axis in [0, 1] {
                    let mean = noisy.iter().map(|x| x[axis]).sum::<f64>() / 4000.0;
                    let variance = noisy.iter().map(|x| (x[axis] - mean).powi(2)).sum::<f64>() / 4000.0;
                    let expected = law.covariance[2 * axis];
                    let (off, ratio) = ((mean - law.mean[axis]) / expected.sqrt(), variance / expected);
                    // Standard errors of 4000 independent points: 0.016 and 0.022.
                    assert!(off.abs() < 0.055 && (ratio - 1.0).abs() < 0.08, "t = {t}: {off:.3}, {ratio:.3}");
                }
            }
        }
    }
}

#[test]
fn particles_without_noise_go_the_way_of_the_flow_off_the_lattice() {
    for (preset, epsilon, bounds) in [
        (Preset::TwoSpirals, 0.2, [0.01, 0.05]),
        (Preset::Checkerboard, 1.0, [0.01, 0.05]),
        (Preset::Pinwheel, 0.05, [0.01, 0.05]),
    ] {
        let flow = exact(preset, epsilon);
        let pair = pair(&flow);
        for backwards in [false, true] {
            let found = frames(&flow, ParticleConfig { backwards, count: 400, seed: 5 });
            let start = wide(&found[0].ode);
            let from = frame_time(found[0].index as usize);
            for k in [8, 16, 24, 32] {
                let t = frame_time(found[k].index as usize);
                let there = transport(&pair, &start, from, t, 1e-6).points;
                let errors = there.iter().zip(&found[k].ode).map(|(x, y)| distance(*x, y.map(f64::from))).collect();
                let [middle, most, largest] = spread(errors);
                println!(
                    "{} epsilon = {epsilon}, {from} to {t:.3}: {middle:.1e}, 95 % below {most:.1e}, largest {largest:.1e}",
                    preset.name()
                );
                assert!(middle < bounds[0] && most < bounds[1]);
            }
        }
    }
}

#[test]
fn both_clouds_keep_one_law_and_a_wrong_drift_is_seen() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    // At the small ε of the last case 2000 particles are too few to detect missing noise.
    let cases = [(Preset::TwoSpirals, 0.2, 1.3), (Preset::Checkerboard, 1.0, 5.0), (Preset::Pinwheel, 0.05, 0.2)];
    for (preset, epsilon, seen) in cases {
        let flow = exact(preset, epsilon);
        let mut own: f64 = 0.0;
        for backwards in [false, true] {
            let start = Instant::now();
            let found = frames(&flow, ParticleConfig { backwards, count: 2000, seed: 1 });
            let each = start.elapsed() / FRAMES as u32;
            let ratio = found
                .iter()
                .map(|frame| frame.two_sample_test.distance / frame.two_sample_test.limit)
                .fold(0.0, f64::max);
            println!("{} epsilon = {epsilon}: {ratio:.2} of the limit at most; {each:?} a frame", preset.name());
            assert!(found.iter().all(|frame| frame.two_sample_test.is_alike()));
            own = own.max(ratio);
            // The end points against fresh points of the source or of the Normal: 800 of each, at a level of 1 %.
            let (fresh, other) = if backwards {
                let of = |preset: Preset, rng: &mut ChaCha8Rng| Sampler::new(&preset.density()).independent(800, rng);
                (of(preset, &mut rng), of(Preset::Moons, &mut rng))
            } else {
                (normal_points(800, &mut rng), Sampler::new(&preset.density()).independent(800, &mut rng))
            };
            for cloud in [&found[FRAMES - 1].ode, &found[FRAMES - 1].sde] {
                let cloud: Points = wide(cloud).into_iter().step_by(2).collect();
                let (same, different) = (two_sample_test(&cloud, &fresh), two_sample_test(&cloud, &other));
                println!("{same:.4?}, {different:.4?}");
                assert!(same.distance < 1.3 * same.limit && different.distance > 2.0 * different.limit);
            }
        }
        // A wrong flow: the drift of the SDE without its noise.
        let found = frames(&flow, ParticleConfig { backwards: false, count: 2000, seed: 1 });
        let probe = FlowProbe::new(&flow);
        let mut wrong = wide(&found[0].ode);
        let mut most: f64 = 0.0;
        for k in 0..FRAMES - 1 {
            let (t, dt) = (frame_time(k), frame_time(k + 1) - frame_time(k));
            for x in &mut wrong {
                let drift = probe.read(t, *x).grad_psi;
                *x = [0, 1].map(|axis| x[axis] + dt * drift[axis]);
            }
            let found = two_sample_test(&wide(&found[k + 1].sde), &wrong);
            most = most.max(found.distance / found.limit);
        }
        println!("without noise: {most:.2} of the limit, and {own:.2} with it");
        assert!(most > seen && most > 3.0 * own);
    }
}

#[test]
fn a_launch_is_the_same_again_and_its_number_has_bounds() {
    let flow = gaussian(0.5);
    let particle_config = ParticleConfig { backwards: true, count: 50, seed: 9 };
    assert_eq!(frames(&flow, particle_config), frames(&flow, particle_config));
    let other = Particles::new(&flow, ParticleConfig { seed: 10, ..particle_config });
    assert_ne!(other.frame(), Particles::new(&flow, particle_config).frame());
    let few = Particles::new(&flow, ParticleConfig { count: 0, ..particle_config });
    assert_eq!((few.frame().ode.len(), few.config().count), (2, 2));
    assert_eq!(Particles::new(&flow, ParticleConfig { count: u32::MAX, ..particle_config }).frame().sde.len(), 20_000);
}

#[test]
fn the_test_of_two_samples_has_its_level_and_the_energy_distance() {
    let mut rng = ChaCha8Rng::seed_from_u64(13);
    let spirals = Sampler::new(&Preset::TwoSpirals.density());
    let circles = Sampler::new(&Preset::Circles.density());
    type Draw<'a> = &'a dyn Fn(usize, &mut ChaCha8Rng) -> Points;
    let draws: [Draw; 3] =
        [&|count, rng| normal_points(count, rng), &|count, rng| spirals.independent(count, rng), &|count, rng| {
            circles.independent(count, rng)
        }];
    for draw in draws {
        const PAIRS: usize = 600;
        let (mut above, mut mean) = (0, 0.0);
        for _ in 0..PAIRS {
            let (a, b) = (draw(120, &mut rng), draw(80, &mut rng));
            let found = two_sample_test(&a, &b);
            assert!((found.distance - energy_distance(&a, &b)).abs() < 1e-5);
            above += usize::from(!found.is_alike());
            mean += found.distance / found.expected / PAIRS as f64;
        }
        let share = above as f64 / PAIRS as f64;
        println!("{share:.3} above the limit, {mean:.3} of the mean");
        // Standard errors: 0.009 of the share, 0.02 of the mean.
        assert!((0.025..0.08).contains(&share) && (mean - 1.0).abs() < 0.07);
    }
    let same = two_sample_test(&[[1.0, 2.0]], &[[1.0, 2.0]]);
    assert_eq!((same.distance, same.limit), (0.0, 0.0));
}

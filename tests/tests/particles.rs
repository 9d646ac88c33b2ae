//! Particles moved by kernels: a step against its f64 twin and all frames against the processor's, within rounding
//! bounds of f32; the closed form; and particles in a session. Needs an adapter.

use flowsketch_core::config::Config;
use flowsketch_core::exact::sinkhorn::Stop;
use flowsketch_core::explore::{Frame, ParticleConfig, Particles, Trajectories};
use flowsketch_core::gaussian::bridge;
use flowsketch_core::gpu::particles::ParticlesOnGpu;
use flowsketch_core::gpu::session::{Session, Work};
use flowsketch_core::gpu::uniforms::ParticleStepUniform;
use flowsketch_core::headless::ExactReference;
use flowsketch_core::heat::products::HeatProducts;
use flowsketch_core::lattice::{Lattice, SOURCE_MASK};
use flowsketch_core::measure::{Preset, Problem, Target, coarsest_lattice};
use flowsketch_core::particle_step::{FRAMES, ParticleStep, frame_time, variances};
use flowsketch_core::potentials::{Pair, Potentials, SecondPotential, Shown};
use flowsketch_core::reference::particles::{Rates, particles};
use flowsketch_tests::device::{finish, gpu};
use flowsketch_tests::flow::{SOURCE, gaussian};
use flowsketch_tests::kernel::{Buffer, run};
use flowsketch_tests::run::kernels;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// Half a unit in the last place of 1 in f32: the largest relative error of one operation.
const U: f64 = 1.0 / 16_777_216.0;
/// Error of an adapter's Normal numbers: sines and cosines are accurate to 2⁻¹¹ within [−π, π], logarithms to 2⁻²¹ near
/// 1 (WGSL, "Accuracy of built-in functions"), and the radius √(−2 log 2⁻²⁴) is 5.8 at most.
const NORMAL: f64 = 5.8 / 2048.0 + 1.0 / 1024.0;
/// Error of the gradients of heat averages, relative to the largest (tests/tests/kernels.rs).
const HEAT: f64 = 2e-5;

/// Bounds of the rounding error of a correct kernel in f32 after one step, for the ODE and for the SDE.
#[derive(Clone, Copy, Debug)]
struct Rounding {
    ode: f64,
    sde: f64,
}

impl Rounding {
    /// For one step of `particle_step` from positions within `reach`. Gradients are at most `largest`, the difference
    /// of neighbouring ones is at most `apart`, and the error of the kernel's input is at most `input`.
    fn new(particle_step: &ParticleStep, reach: f64, largest: f64, apart: f64, input: f64) -> Self {
        let (n, h, epsilon) = (particle_step.lattice.count as f64, particle_step.lattice.step, particle_step.epsilon);
        // The absolute values of the four interpolation weights sum to at most 1.25 along each axis. A position in
        // cells has an error of 6 U n (a difference, and a quotient of 2.5 units), which changes the value by at most
        // 1.5 · 1.25 times the difference of neighbours, along each axis. The weights have an error of 10 U, their sums
        // a little more.
        let place = 6.0 * U * n;
        let gradient = 2.0 * 1.5 * 1.25 * apart * place + 120.0 * U * largest + 1.5625 * input;
        let most = 1.5625 * largest;
        // dx/dτ = τ ε (∇w − ∇u): the error of this rate, and its Lipschitz constant in x.
        let slope = epsilon * (2.0 * gradient + 8.0 * U * most);
        let change = epsilon * 2.0 * 1.5 * 1.25 * 2.0 * apart / h;
        let [from, between, to] = particle_step.roots();
        let step = (to - from).abs();
        // Each of the four rates is evaluated at a position that depends on the rate before.
        let grown = (change * step).exp();
        let ode = step * grown * (slope + 2.0 * change * U * reach)
            + 2.0 * U * reach
            + 10.0 * U * step * epsilon * 2.0 * most;
        let half = |from: f64, to: f64| {
            let duration = (to * to - from * from).abs();
            let drift = epsilon * (gradient + 4.0 * U * most);
            duration * drift + (epsilon * duration).sqrt() * (NORMAL + 8.0 * U * 5.8) + 4.0 * U * reach
        };
        let duration = (to * to - between * between).abs();
        let sde = half(from, between) * (1.0 + 0.5 * change * duration) + half(between, to);
        Self { ode, sde }
    }
}

fn farthest(found: &[f32], expected: &[[f64; 2]]) -> f64 {
    assert_eq!(found.len(), 2 * expected.len());
    let apart = found.iter().zip(expected.as_flattened()).map(|(a, b)| (f64::from(*a) - b).abs());
    // NaN counts as an infinite error.
    apart.fold(0.0, |most, d| if d.is_nan() { f64::INFINITY } else { most.max(d) })
}

/// The value rounded to f32.
fn single(value: f64) -> f64 {
    f64::from(value as f32)
}

/// Test fields (value, ∂x, ∂y) that vary from point to point; they are not the gradient of a potential.
fn gradients(lattice: &Lattice, k: f64) -> Vec<[f64; 3]> {
    lattice
        .points()
        .map(|[x, y]| [9e9, (k * x + y).sin() + 0.3 * x, (0.8 * y - k * x).cos() - 0.2 * y].map(single))
        .collect()
}

fn of_kernel(field: &[[f64; 3]]) -> Buffer {
    Buffer::Input(field.iter().flat_map(|f| [f[0] as f32, f[1] as f32, f[2] as f32, f32::NAN]).collect())
}

/// One step of 101 particles of each cloud, with fields for its three times, by the kernel and by the twin. All other
/// frames of the buffer hold `OTHER`.
struct OneStep {
    particle_step: ParticleStep,
    fields: [[Vec<[f64; 3]>; 2]; 3],
    starts: Vec<[f64; 2]>,
}

const COUNT: usize = 101;
const OTHER: f32 = -3.5e7;

impl OneStep {
    fn new(frame: u32, backwards: bool) -> Self {
        let centred = Lattice::centred(SOURCE_MASK, 37);
        let lattice = Lattice { origin: centred.origin.map(single), step: single(centred.step), count: 37 };
        let particle_step = ParticleStep { lattice, epsilon: 0.75, backwards, seed: 0xdead_beef_0bad_cafe, frame };
        let fields = [0.0, 1.0, 2.0].map(|time| [0.9 + 0.2 * time, -0.7 - 0.3 * time].map(|k| gradients(&lattice, k)));
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        // Starts inside and outside the lattice, at its corners and on its points.
        let mut starts: Vec<[f64; 2]> =
            (0..2 * COUNT).map(|_| [0; 2].map(|_| single(13.0 * rng.random::<f64>() - 6.5))).collect();
        let corner = lattice.coordinate(0, 36);
        starts[..4].copy_from_slice(&[lattice.origin, [corner; 2], [corner, -7.0], [lattice.coordinate(0, 5), 0.0]]);
        starts[COUNT..COUNT + 3].copy_from_slice(&[[-7.0, 7.0], lattice.origin, [corner; 2]]);
        Self { particle_step, fields, starts }
    }

    fn twin(&self) -> [Vec<[f64; 2]>; 2] {
        let ParticleStep { epsilon, backwards, .. } = self.particle_step;
        let [first, middle, last] = self.fields.each_ref().map(|[u, w]| Rates::new(u, w, epsilon, backwards));
        let (ode, sde) = self.starts.split_at(COUNT);
        particles(&self.particle_step, [&first, &middle, &last], [ode, sde])
    }

    /// Positions after the step, and whether nothing else was written.
    fn on_gpu(&self) -> (Vec<f32>, bool) {
        let size = 4 * COUNT;
        let mut frames = vec![OTHER; FRAMES * size];
        let here = self.particle_step.frame as usize * size;
        for (value, c) in frames[here..][..size].iter_mut().zip(self.starts.as_flattened()) {
            *value = *c as f32;
        }
        let mut buffers: Vec<Buffer> = self.fields.iter().flatten().map(|field| of_kernel(field)).collect();
        buffers.push(Buffer::Update(frames.clone()));
        let uniform = ParticleStepUniform::new(&self.particle_step, COUNT as u32);
        let found = run("particles", Default::default(), uniform, buffers, 2 * COUNT as u32).remove(0);
        let there = here + size..here + 2 * size;
        let elsewhere = |values: &[f32]| [&values[..there.start], &values[there.end..]].concat();
        (found[there.clone()].to_vec(), elsewhere(&found) == elsewhere(&frames))
    }

    fn rounding(&self) -> Rounding {
        let n = self.particle_step.lattice.count;
        let (mut largest, mut apart): (f64, f64) = (0.0, 0.0);
        for field in self.fields.iter().flatten() {
            for (cell, f) in field.iter().enumerate() {
                for k in [1, 2] {
                    largest = largest.max(f[k].abs());
                    let beside = [(cell % n + 1 < n).then(|| cell + 1), (cell / n + 1 < n).then(|| cell + n)];
                    apart =
                        beside.into_iter().flatten().map(|other| (field[other][k] - f[k]).abs()).fold(apart, f64::max);
                }
            }
        }
        Rounding::new(&self.particle_step, 7.0, largest, apart, 0.0)
    }
}

#[test]
fn a_step_is_that_of_the_twin() {
    for (frame, backwards) in [(0, false), (0, true), (17, false), (31, false), (31, true)] {
        let step = OneStep::new(frame, backwards);
        let (found, alone) = step.on_gpu();
        assert!(alone, "another frame was written");
        let [ode, sde] = step.twin();
        let (of_ode, of_sde) = found.split_at(2 * COUNT);
        let rounding = step.rounding();
        let off = [farthest(of_ode, &ode), farthest(of_sde, &sde)];
        let words = format!("{:.1e} and {:.1e} of {:.1e} and {:.1e}", off[0], off[1], rounding.ode, rounding.sde);
        println!("frame {frame}, backwards {backwards}: off by {words}");
        assert!(off[0] <= rounding.ode && off[1] <= rounding.sde, "frame {frame}: {words}");
    }
}

/// Negative controls of the test above: one wrong input at a time, and an integrator of a lower order.
#[test]
fn a_step_of_anything_else_is_seen() {
    type Change = fn(&mut OneStep);
    let changes: [(&str, bool, bool, Change); 9] = [
        ("first and middle exchanged", true, true, |step| step.fields.swap(0, 1)),
        ("middle and last exchanged", true, true, |step| step.fields.swap(1, 2)),
        ("first and last exchanged", true, true, |step| step.fields.swap(0, 2)),
        ("u and w exchanged", true, true, |step| step.fields.iter_mut().for_each(|pair| pair.swap(0, 1))),
        ("another direction", true, true, |step| step.particle_step.backwards = true),
        ("another seed", false, true, |step| step.particle_step.seed += 1 << 32),
        ("one frame on", true, true, |step| step.particle_step.frame += 1),
        ("ε off by 1 %", true, true, |step| step.particle_step.epsilon *= 1.01),
        ("a hundredth of a cell off", true, false, |step| step.particle_step.lattice.origin[0] += 0.01 * 0.29),
    ];
    let step = OneStep::new(17, false);
    let (found, _) = step.on_gpu();
    let (of_ode, of_sde) = found.split_at(2 * COUNT);
    let rounding = step.rounding();
    for (what, without_noise, with_noise, change) in changes {
        let mut other = OneStep::new(17, false);
        change(&mut other);
        let [ode, sde] = other.twin();
        let off = [farthest(of_ode, &ode) / rounding.ode, farthest(of_sde, &sde) / rounding.sde];
        println!("{what}: {:.0} and {:.1} times the bounds", off[0], off[1]);
        assert!(!without_noise || off[0] > 2.0, "{what} is not seen: {off:?}");
        assert!(!with_noise || off[1] > 1.0, "{what} is not seen: {off:?}");
    }
    // Heun's method with the rates at both ends is of second order.
    let ParticleStep { epsilon, backwards, .. } = step.particle_step;
    let [first, _, last] = step.fields.each_ref().map(|[u, w]| Rates::new(u, w, epsilon, backwards));
    let ode = &step.starts[..COUNT];
    let [lower, _] = particles(&step.particle_step, [&first, &last, &last], [ode, &[]]);
    assert!(farthest(of_ode, &lower) > 10.0 * rounding.ode);
}

/// All frames of a run of particles, with at most `steps` steps per submission.
fn paths(
    on_gpu: &mut ParticlesOnGpu,
    flow: &Potentials,
    particle_config: ParticleConfig,
    steps: usize,
) -> Trajectories {
    on_gpu.start_particles(flow, particle_config);
    assert!(on_gpu.is_under_way() && on_gpu.has_work());
    while on_gpu.has_work() {
        assert_eq!(on_gpu.take(), None, "there is nothing yet");
        let mut encoder = gpu().device.create_command_encoder(&Default::default());
        let (recorded, is_last) = on_gpu.encode(&mut encoder.begin_compute_pass(&Default::default()), steps);
        assert!(recorded > 0 && recorded <= steps);
        if is_last {
            on_gpu.encode_readback(&mut encoder);
        }
        gpu().queue.submit([encoder.finish()]);
        finish(gpu());
    }
    let paths = on_gpu.take().expect("the last frame is there");
    assert!(!on_gpu.is_under_way() && on_gpu.take().is_none());
    paths
}

fn made(flow: &Potentials, count: u32) -> ParticlesOnGpu {
    ParticlesOnGpu::new(gpu(), kernels(), &flow.lattice(), count)
}

/// The twin, step by step with its own gradients, and a bound for the kernels' distance from it: the rounding error of
/// a step is amplified or damped in later steps like the distance between neighbouring paths.
struct Chain {
    flow: Potentials,
    particle_config: ParticleConfig,
    clouds: [Vec<[f64; 2]>; 2],
    bounds: [Vec<f64>; 2],
}

/// Particles stay within this distance of the origin along each axis.
const REACH: f64 = 4.8;

impl Chain {
    fn rates(&self, root: f64) -> (Rates, [f64; 2]) {
        let (lattice, epsilon) = (self.flow.lattice(), self.flow.epsilon);
        let [of_u, of_w] = variances(&lattice, epsilon, root * root);
        let Pair { u, w, .. } = self.flow.pair();
        let [u, w] = [(u, of_u), (w, of_w)].map(|(f, s)| HeatProducts::new(&lattice, s).average_gradient(&f));
        let (mut largest, mut apart): (f64, f64) = (0.0, 0.0);
        for field in [&u, &w] {
            for (cell, x) in lattice.points().enumerate() {
                if x[0].abs().max(x[1].abs()) < REACH {
                    for k in [1, 2] {
                        largest = largest.max(field[cell][k].abs());
                        let beside =
                            [cell + 1, cell + lattice.count].map(|other| (field[other][k] - field[cell][k]).abs());
                        apart = beside.into_iter().fold(apart, f64::max);
                    }
                }
            }
        }
        (Rates::new(&u, &w, epsilon, self.particle_config.backwards), [largest, apart])
    }

    fn advance(&mut self, frame: u32) {
        let particle_step = ParticleStep {
            lattice: self.flow.lattice(),
            epsilon: self.flow.epsilon,
            backwards: self.particle_config.backwards,
            seed: self.particle_config.seed,
            frame,
        };
        let three = particle_step.roots().map(|root| self.rates(root));
        let [largest, apart] = [0, 1].map(|k| three.iter().map(|(_, size)| size[k]).fold(0.0, f64::max));
        let rates = three.each_ref().map(|(rates, _)| rates);
        let step = |clouds: &[Vec<[f64; 2]>; 2]| particles(&particle_step, rates, [&clouds[0], &clouds[1]]);
        let there = step(&self.clouds);
        const NEAR: f64 = 1e-3;
        let near = [0, 1].map(|axis| {
            let mut moved = self.clouds.clone();
            moved.iter_mut().flatten().for_each(|x| x[axis] += NEAR);
            step(&moved)
        });
        let rounding = Rounding::new(&particle_step, REACH, largest, apart, HEAT * largest);
        for (cloud, added) in [rounding.ode, rounding.sde].into_iter().enumerate() {
            for (k, bound) in self.bounds[cloud].iter_mut().enumerate() {
                let row = |of: usize| [0, 1].map(|by| (near[by][cloud][k][of] - there[cloud][k][of]).abs() / NEAR);
                let growth = [0, 1].map(|of| row(of).iter().sum::<f64>()).into_iter().fold(0.0, f64::max);
                *bound = growth * *bound + added;
            }
        }
        self.clouds = there;
    }
}

#[test]
fn all_frames_are_those_of_the_processor_within_rounding() {
    for (epsilon, backwards) in [(0.2, true), (1.0, false)] {
        let flow = gaussian(epsilon);
        let particle_config = ParticleConfig { backwards, count: 333, seed: 0x1_0000_0003 };
        let mut twin = Particles::new(&flow, particle_config);
        let found = paths(&mut made(&flow, 333), &flow, particle_config, 5);
        assert_eq!((found.config, found.positions.len()), (particle_config, FRAMES * 4 * 333));
        let first = twin.frame();
        assert_eq!(found.frame(0), first, "the starts are the same, bit for bit");
        let wide = |cloud: &[[f32; 2]]| cloud.iter().map(|x| x.map(f64::from)).collect::<Vec<_>>();
        let clouds = [wide(&first.ode), wide(&first.sde)];
        let mut chain = Chain { flow, particle_config, clouds, bounds: [vec![0.0; 333], vec![0.0; 333]] };
        let mut shares: [f64; 2] = [0.0; 2];
        for done in 1..FRAMES {
            chain.advance(done as u32 - 1);
            twin.advance();
            let (frame, expected) = (found.frame(done), twin.frame());
            assert_eq!(frame.index, expected.index);
            for (cloud, (found, expected)) in
                [(&frame.ode, &expected.ode), (&frame.sde, &expected.sde)].into_iter().enumerate()
            {
                for (k, bound) in chain.bounds[cloud].iter().enumerate() {
                    assert!(expected[k].iter().all(|c| f64::from(c.abs()) < REACH));
                    // The processor's own frame equals the chain's, up to one rounding.
                    let own = [0, 1].map(|axis| (chain.clouds[cloud][k][axis] - f64::from(expected[k][axis])).abs());
                    assert!(own.iter().all(|d| *d < 1e-6), "{own:?}");
                    let off = [0, 1].map(|axis| f64::from((found[k][axis] - expected[k][axis]).abs()));
                    assert!(off.iter().all(|d| d <= bound), "frame {done}, particle {k}: {off:?} of {bound}");
                    shares[cloud] = shares[cloud].max(off[0].max(off[1]) / bound);
                }
            }
        }
        let last = chain.bounds.each_ref().map(|bounds| bounds.iter().copied().fold(0.0, f64::max));
        println!("epsilon = {epsilon}, backwards {backwards}: at most {shares:.2?} of the bounds, {last:?} at the end");
        // The bounds are small enough to be useful: without noise a tenth of the lattice's spacing.
        assert!(last[0] < 0.01 && last[1] < 0.1, "{last:?}");
    }
}

/// Mean and variance along an axis.
fn moments(cloud: &[[f32; 2]], axis: usize) -> [f64; 2] {
    let count = cloud.len() as f64;
    let mean = cloud.iter().map(|x| f64::from(x[axis])).sum::<f64>() / count;
    [mean, cloud.iter().map(|x| (f64::from(x[axis]) - mean).powi(2)).sum::<f64>() / count]
}

#[test]
fn both_clouds_of_a_gaussian_have_the_law_of_the_bridge() {
    const COUNT: u32 = 4001;
    for epsilon in [0.2, 1.0] {
        let flow = gaussian(epsilon);
        let mut on_gpu = made(&flow, COUNT);
        for backwards in [false, true] {
            let found = paths(&mut on_gpu, &flow, ParticleConfig { backwards, count: COUNT, seed: 3 }, 8);
            let mut most = [0.0f64; 3];
            for done in 0..FRAMES {
                let Frame { index, ode, sde, two_sample_test } = found.frame(done);
                assert_eq!(index as usize, if backwards { FRAMES - 1 - done } else { done });
                let t = frame_time(index as usize);
                let law = bridge(&SOURCE, epsilon, t);
                for (cloud, bounds) in [(&ode, [0.02, 0.04]), (&sde, [0.055, 0.08])] {
                    for axis in [0, 1] {
                        let [mean, variance] = moments(cloud, axis);
                        let expected = law.covariance[2 * axis];
                        let off = (mean - law.mean[axis]).abs() / expected.sqrt();
                        let ratio = (variance / expected - 1.0).abs();
                        // Standard errors of 4001 independent points: 0.016 and 0.022. The starts are stratified, and
                        // without noise the clouds keep their small variance.
                        assert!(off < bounds[0] && ratio < bounds[1], "t = {t}: {off:.3}, {ratio:.3}");
                        most = [most[0].max(off), most[1].max(ratio), most[2]];
                    }
                }
                assert!(two_sample_test.is_alike(), "t = {t}: {two_sample_test:?}");
                most[2] = most[2].max(two_sample_test.distance / two_sample_test.limit);
            }
            println!("epsilon = {epsilon}, backwards {backwards}: off by {most:.3?} at most");
        }
    }
}

/// For sources with holes and edges, where potentials are masked.
#[test]
fn of_an_exact_flow_both_come_to_the_same_places() {
    for (preset, epsilon) in [(Preset::TwoSpirals, 0.2), (Preset::Pinwheel, 0.05)] {
        let problem = Problem::on(&coarsest_lattice(), &preset.density(), &Target::Normal);
        let truth = ExactReference::of(problem, epsilon, &Stop { tolerance: 1e-6, ..Stop::default() });
        let flow = Potentials::new(epsilon, &truth.exact.solution.u, &truth.exact.solution.w);
        let mut on_gpu = made(&flow, 501);
        for backwards in [false, true] {
            let particle_config = ParticleConfig { backwards, count: 501, seed: 6 };
            let found = paths(&mut on_gpu, &flow, particle_config, FRAMES);
            let mut twin = Particles::new(&flow, particle_config);
            let mut most: [f64; 2] = [0.0; 2];
            for done in 1..FRAMES {
                twin.advance();
                let (frame, expected) = (found.frame(done), twin.frame());
                let clouds = [(&frame.ode, &expected.ode), (&frame.sde, &expected.sde)];
                for (most, (found, expected)) in most.iter_mut().zip(clouds) {
                    let off = |(a, b): (&[f32; 2], &[f32; 2])| f64::from((a[0] - b[0]).hypot(a[1] - b[1]));
                    *most = found.iter().zip(expected).map(off).fold(*most, f64::max);
                }
                assert!(
                    frame.two_sample_test.is_alike(),
                    "{} {backwards} {done}: {:?}",
                    preset.name(),
                    frame.two_sample_test
                );
            }
            println!("{}, backwards {backwards}: off by {most:?} at most", preset.name());
            // A hundredth of the lattice's spacing; a tenth with noise, because Normal numbers differ between adapters.
            assert!(most[0] < 1e-3 && most[1] < 1e-2, "{}: {most:?}", preset.name());
        }
    }
}

/// A submission with a training step and a tabulation, or with particles only.
fn submit(session: &mut Session, trains: bool) {
    session.submit(&Work { steps: u32::from(trains), tabulate: trains, time: 0.5 }, None);
    finish(gpu());
    session.poll();
}

#[test]
fn a_session_moves_particles_through_the_flow_they_set_out_into() {
    let shown = Shown::Learned(SecondPotential::Transform);
    let particle_config = ParticleConfig { backwards: true, count: 57, seed: 4 };
    let config = Config::default();
    let mut session = Session::new(gpu(), config.clone(), &Preset::Moons.density());
    session.start_particles(shown, particle_config);
    assert!(!session.has_particles() && session.take_paths().is_none(), "there is no flow yet");
    submit(&mut session, true);
    let flow = session.potentials(shown).expect("a flow was tabulated").potentials;
    let expected = paths(&mut made(&flow, particle_config.count), &flow, particle_config, FRAMES);
    session.start_particles(shown, particle_config);
    let mut submissions = 0;
    while session.moves_particles() {
        assert!(session.has_particles() && session.take_paths().is_none());
        submit(&mut session, submissions < 5);
        submissions += 1;
        // Settings that a user can change meanwhile.
        match submissions {
            1 => session.set_epsilon(0.7),
            2 => session.reconfigure(Config { batch: 500, ..config.clone() }),
            3 => session.reset(),
            _ => {}
        }
    }
    assert!(submissions > 3, "they came in {submissions} submissions");
    // The same kernels give the same bits, whatever else is in a submission.
    assert!(session.take_paths() == Some(expected), "they are of another flow");
    assert!(!session.has_particles() && session.take_paths().is_none());

    // If the device is lost meanwhile, the particles are dropped, and new ones can be started, at least two.
    let particle_config = ParticleConfig { count: 1, ..particle_config };
    submit(&mut session, true);
    session.start_particles(shown, particle_config);
    submit(&mut session, true);
    assert!(session.has_particles());
    let mut session = session.moved_to(gpu());
    assert!(!session.has_particles() && !session.moves_particles() && session.take_paths().is_none());
    submit(&mut session, true);
    session.start_particles(shown, particle_config);
    while session.moves_particles() {
        submit(&mut session, false);
    }
    let paths = session.take_paths().expect("they are there");
    assert_eq!((paths.config.count, paths.frame(FRAMES - 1).ode.len()), (2, 2));
}

//! One training step in the step inspector: it equals the trainers' step, and each stage shows the quantity it names.
//! No GPU.

use flowsketch_core::checkpoint::{Checkpoint, Parameters};
use flowsketch_core::config::{Config, Recipe};
use flowsketch_core::cpu::session::CpuSession;
use flowsketch_core::lattice::Lattice;
use flowsketch_core::measure::{Density, Preset, Sampler, Target};
use flowsketch_core::monte_carlo::MonteCarlo;
use flowsketch_core::network::Side;
use flowsketch_core::potentials::Shown;
use flowsketch_core::reference::potential::{Network, forward};
use flowsketch_core::reference::trainer::Trainer;
use flowsketch_core::run::ViewParams;
use flowsketch_core::step_inspector::{
    Around, Average, ByDraws, ByLattices, Field, Stages, StepInspector, StepTrace, UpdatedPotentials,
};
use flowsketch_core::step_sampler::{Points, StepSampler};
use flowsketch_core::style::Style;
use flowsketch_protocol::export::RunSnapshot;
use flowsketch_protocol::step_inspector::{Ask, Found};
use flowsketch_tests::compare::assert_close;
use flowsketch_worker::step_inspector::answer;
use std::time::Duration;

fn sum(values: &[f32]) -> f64 {
    values.iter().map(|&v| f64::from(v)).sum()
}

fn largest(field: &Field) -> f32 {
    field.values.iter().fold(0.0, |most, v| v.abs().max(most))
}

fn step_inspector(config: &Config, source: &Density, checkpoint: Option<&Checkpoint>) -> StepInspector {
    StepInspector::new(config.clone(), source, Target::Normal, checkpoint)
}

fn step(step_inspector: &mut StepInspector, updated: UpdatedPotentials, near: [f64; 2]) -> StepTrace {
    step_inspector.begin(updated);
    while step_inspector.advance(Duration::ZERO) < 1.0 {}
    step_inspector.trace(near).expect("the step is done")
}

fn by_lattices(trace: StepTrace) -> ByLattices {
    let Stages::Quadrature(stages) = trace.stages else { panic!("a step by quadrature") };
    stages
}

fn by_draws(trace: StepTrace) -> ByDraws {
    let Stages::MonteCarlo(stages) = trace.stages else { panic!("a step by draws") };
    stages
}

/// The paper's recipe with few points, and a penalty large enough to matter.
fn paper() -> Config {
    Config { epsilon: 0.5, batch: 60, draws: 50, penalty: 0.3, ..Config::paper() }
}

/// The checkpoint of a run after `steps` steps.
fn checkpoint(config: &Config, source: &Density, steps: u32) -> Checkpoint {
    let mut session = CpuSession::new(config.clone(), source, Target::Normal);
    session.train(steps);
    session.checkpoint()
}

#[test]
fn inspected_steps_are_those_of_a_run() {
    let quadrature = Config { epsilon: 0.5, batch: 300, ..Config::default() };
    for config in [quadrature, paper()] {
        let source = Preset::Moons.density();
        let checkpoint = checkpoint(&config, &source, 40);
        // A resumed run draws other batches than the original would, so all three resume from the checkpoint.
        let mut session = CpuSession::new(config.clone(), &source, Target::Normal).resumed(&checkpoint);
        let (mut twin, mut step_sampler) = twin(&config, &source, &checkpoint);
        let mut step_inspector = step_inspector(&config, &source, Some(&checkpoint));
        for number in 41..=43 {
            let trace = step(&mut step_inspector, UpdatedPotentials::Both, [0.5, 0.5]);
            session.train(1);
            let report = session.tabulate();
            assert_eq!((trace.step, trace.updated, report.step), (number, UpdatedPotentials::Both, number));
            let estimate = report.estimate.expect("a step was taken");
            let losses = twin.step(&step_sampler.advance(&config));
            // Equal to the bit in f64; the run itself is in f32. From the second step on the losses depend on all
            // weights of the last step.
            let dual = match trace.stages {
                Stages::Quadrature(stages) => {
                    assert_eq!((stages.dual[0], stages.loss[0]), (config.epsilon * losses.phi, losses.psi));
                    stages.dual[0]
                }
                Stages::MonteCarlo(ByDraws { climbs: [phi, psi], .. }) => {
                    assert_eq!(phi.value[0], config.epsilon * losses.phi);
                    assert_eq!(psi.value[0], config.epsilon * losses.psi);
                    phi.value[0]
                }
            };
            assert!((dual - estimate).abs() < 2e-4, "J = {dual} in the inspector, {estimate} in the run");
        }
    }
}

/// The twin of the trainers, started from a checkpoint.
fn twin(config: &Config, source: &Density, checkpoint: &Checkpoint) -> (Trainer<f64>, StepSampler) {
    let shape = config.shape();
    let mut twin = Trainer::new(shape.clone(), config.activation, &Parameters::pair(config, &shape));
    twin.phi.restore(&checkpoint.snapshots[0]);
    twin.psi.restore(&checkpoint.snapshots[1]);
    let mut step_sampler = StepSampler::start(config, source);
    step_sampler.rewind(checkpoint.step, checkpoint.evaluations);
    (twin, step_sampler)
}

#[test]
fn each_stage_by_quadrature_is_what_it_says() {
    let (config, source) = (Config::default(), Preset::TwoSpirals.density());
    let mut under = step_inspector(&config, &source, None);
    for number in 1..=25 {
        let trace = step(&mut under, UpdatedPotentials::Both, [1.0, -0.3]);
        assert_eq!((trace.step, trace.epsilon), (number, config.epsilon));
        let stages = by_lattices(trace);
        assert_eq!(stages.batch.len(), config.batch);
        // The shares of the average are non-negative and sum to 1.
        let total = |average: &Average| sum(&average.weights.values) + sum(&average.weights_of_batch);
        let shares = || stages.average.weights.values.iter().chain(&stages.average.weights_of_batch);
        assert!((total(&stages.average) - 1.0).abs() < 1e-4 && shares().all(|&share| share >= 0.0));
        let far = (stages.average.y[0] - 1.0).hypot(stages.average.y[1] + 0.3);
        assert!(far < stages.miss.spacing, "y is {far} away");
        // p_D and ρ₀ both have mass 1 over the nodes, so the slope p_D − ρ₀ sums to 0.
        let area = |density: f32| 1.0 / (1.0 / stages.slope.spacing.powi(2) + config.batch as f64 * f64::from(density));
        let sampler = Sampler::new(&source);
        let at_nodes = stages.slope.lattice().points().chain(stages.batch.iter().map(|x| x.map(f64::from)));
        let slopes = stages.slope.values.iter().chain(&stages.slope_of_batch);
        let mass: f64 = at_nodes.zip(slopes).map(|(x, slope)| area(sampler.density_at(x)) * f64::from(*slope)).sum();
        assert!(mass.abs() < 1e-4, "{mass}");
        assert!(largest(&stages.phi_change) > 0.0 && largest(&stages.psi_change) > 0.0);
        let around = |near| {
            let Some(Around::Node(average)) = under.around(near) else { panic!("a step was taken") };
            average
        };
        let elsewhere = around([-2.0, 2.0]);
        assert!((total(&elsewhere) - 1.0).abs() < 1e-4 && elsewhere.y != stages.average.y);
        assert_eq!(around(stages.average.y), stages.average);
        // In the first step the output layer is zero, and ψ's error is that of the Gaussian base.
        assert!(number > 1 || largest(&stages.miss) > 0.0);
    }
    // On the step's own points the dual value rises and the regression loss falls, at the start of a run, where
    // gradients are large.
    let gentle = Config { learning_rate: 1e-3, ..config };
    let stages = by_lattices(step(&mut step_inspector(&gentle, &source, None), UpdatedPotentials::Both, [0.0; 2]));
    assert!(stages.dual[1] > stages.dual[0], "{:?}", stages.dual);
    assert!(stages.loss[1] < stages.loss[0], "{:?}", stages.loss);
}

/// Both potentials in nats, evaluated with the networks of a trainer.
struct Potentials<'a> {
    trainer: &'a Trainer<f64>,
    step_sampler: &'a StepSampler,
    config: &'a Config,
}

impl Potentials<'_> {
    fn at(&self, side: Side, points: &[[f32; 2]]) -> Vec<f64> {
        let network: &Network<f64> = &self.trainer.learner(side).network;
        let points: Vec<[f64; 2]> = points.iter().map(|x| x.map(f64::from)).collect();
        let base = &self.step_sampler.base(self.config)[side];
        forward(&self.trainer.shape, network, self.config.activation, base, &points).0
    }
}

/// f^{c,ε} in units of cost at the centre of each group of draws, by its formula.
fn transform(points: &MonteCarlo, side: Side, epsilon: f64, draws: &[f64]) -> Vec<f64> {
    let mean = |group: &[f64]| group.iter().map(|u| u.exp()).sum::<f64>() / group.len() as f64;
    let densities = points.log_densities[side.other()].iter().map(|&log_p| f64::from(log_p));
    densities.zip(draws.chunks(points.draws)).map(|(log_p, group)| epsilon * (log_p - mean(group).ln())).collect()
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

#[test]
fn each_stage_by_draws_is_what_it_says() {
    let (config, source) = (paper(), Preset::TwoSpirals.density());
    let checkpoint = checkpoint(&config, &source, 60);
    let (mut trainer, mut step_sampler) = twin(&config, &source, &checkpoint);
    let stages =
        by_draws(step(&mut step_inspector(&config, &source, Some(&checkpoint)), UpdatedPotentials::Both, [1.0, -0.3]));
    let before = trainer.clone();
    let inputs = step_sampler.advance(&config);
    trainer.step(&inputs);
    let Points::MonteCarlo(points) = &inputs.points else { panic!("the paper's recipe") };
    assert_eq!(stages.batches, points.batches);
    let (epsilon, alpha, batch) = (config.epsilon, config.penalty, config.batch);
    // ψ's half step starts with the updated φ.
    let mut at_start = before.clone();
    for side in Side::BOTH {
        let (climb, spread) = (&stages.climbs[side], &stages.spreads[side]);
        let potentials = |trainer| Potentials { trainer, step_sampler: &step_sampler, config: &config };
        let (start, end) = (potentials(&at_start), potentials(&trainer));
        let (own, centres) = (&points.batches[side], &points.batches[side.other()]);
        // Each draw is normal around its point, with variance ε.
        let offset = |(k, x): (usize, &[f32; 2])| [0, 1].map(|c| f64::from(x[c] - centres[k / config.draws][c]));
        let offsets: Vec<[f64; 2]> = climb.draws.iter().enumerate().map(offset).collect();
        for axis in [0, 1] {
            let variance = mean(offsets.iter().map(|x| x[axis].powi(2)));
            let error = epsilon * (2.0 / offsets.len() as f64).sqrt();
            assert!((variance - epsilon).abs() < 4.0 * error, "{variance} ± {error}");
        }

        // The transform, its shares around one point, the semi-dual and the penalty, by their definitions.
        let objective = |u: &[f64], draws: &[f64], other: &[f64]| {
            let transform = transform(points, side, epsilon, draws);
            let value = mean(u.iter().map(|u| epsilon * u)) + mean(transform.iter().copied());
            let excess: Vec<f64> = other.iter().zip(&transform).map(|(w, f)| epsilon * w - f).collect();
            let penalty = alpha * mean(excess.iter().map(|miss| miss * miss));
            (value, penalty, transform, excess)
        };
        let (u, draws, other) = (start.at(side, own), start.at(side, &climb.draws), start.at(side.other(), centres));
        let (value, penalty, transform, excess) = objective(&u, &draws, &other);
        assert_close("value", &[climb.value[0]], &[value], 1e-6);
        assert_close("penalty", &[climb.penalty[0]], &[penalty], 1e-6);
        assert_close("excess", &climb.excess, &excess, 1e-5);
        let k = centres.iter().position(|y| y.map(f64::from) == spread.y).expect("a point of the batch");
        let far = |y: &[f32; 2]| (y[0] - 1.0).hypot(y[1] + 0.3);
        assert!(centres.iter().all(|y| far(y) >= far(&centres[k])), "another point is nearer");
        assert_close("transform", &[spread.transform], &[transform[k]], 1e-6);
        let group = k * config.draws..(k + 1) * config.draws;
        assert_eq!(spread.draws, climb.draws[group.clone()]);
        let total: f64 = draws[group.clone()].iter().map(|u| u.exp()).sum();
        let shares: Vec<f64> = draws[group].iter().map(|u| u.exp() / total).collect();
        assert!((sum(&spread.shares) - 1.0).abs() < 1e-5);
        assert_close("shares", &spread.shares, &shares, 1e-5);

        // The cotangents, by central differences of the objective at some of the draws, in units of cost.
        let descent = |draws: &[f64]| {
            let (value, penalty, ..) = objective(&u, draws, &other);
            penalty - value
        };
        let places = (0..draws.len()).step_by(37);
        let difference = |place: usize| {
            let moved = |by: f64| {
                let mut draws = draws.clone();
                draws[place] += by / epsilon;
                descent(&draws)
            };
            (moved(1e-4) - moved(-1e-4)) / 2e-4
        };
        let expected: Vec<f64> = places.clone().map(difference).collect();
        let found: Vec<f32> = places.map(|place| climb.cotangents[place]).collect();
        assert_close("cotangents", &found, &expected, 1e-4);
        // The cotangents of the draws sum to 1, like those of the batch, plus the part of the penalty.
        let part = 2.0 * alpha * mean(excess.iter().copied());
        assert!((sum(&climb.cotangents) - 1.0 - part).abs() < 1e-5 && part.abs() > 1e-3, "{part}");
        let pull = excess.iter().fold(0.0, |most, miss| miss.abs().max(most));
        assert_close("pull", &[climb.pull], &[2.0 * alpha * pull], 1e-6);

        // The result of the step: on the lattice, and at the step's own points.
        let Field { origin, spacing, count, values } = &climb.change;
        let lattice: Vec<[f32; 2]> =
            Lattice { origin: *origin, step: *spacing, count: *count }.points().map(|x| x.map(|c| c as f32)).collect();
        let change = end.at(side, &lattice).into_iter().zip(start.at(side, &lattice));
        assert_close("change", values, &change.map(|(a, b)| epsilon * (a - b)).collect::<Vec<f64>>(), 1e-4);
        let (value, penalty, ..) = objective(&end.at(side, own), &end.at(side, &climb.draws), &other);
        assert_close("value after", &[climb.value[1]], &[value], 1e-6);
        assert_close("penalty after", &[climb.penalty[1]], &[penalty], 1e-6);
        assert!(climb.value[1] - climb.penalty[1] > climb.value[0] - climb.penalty[0], "it climbs: {climb:?}");
        *at_start.learner_mut(side) = trainer.learner(side).clone();
        assert_eq!(climb.excess.len(), batch);
    }
}

#[test]
fn half_a_step_leaves_the_other_potential_alone() {
    let source = Preset::Rings.density();
    let halves = [UpdatedPotentials::Both, UpdatedPotentials::Phi, UpdatedPotentials::Psi];
    let [both, phi, psi] = halves
        .map(|updated| by_lattices(step(&mut step_inspector(&Config::default(), &source, None), updated, [0.0; 2])));
    assert_eq!((&phi.phi_change, largest(&phi.psi_change)), (&both.phi_change, 0.0));
    assert_eq!((&psi.psi_change, largest(&psi.phi_change)), (&both.psi_change, 0.0));
    assert_eq!((psi.dual[0], phi.loss[0]), (psi.dual[1], phi.loss[1]));

    let checkpoint = checkpoint(&paper(), &source, 20);
    let [both, phi, psi] = halves.map(|updated| {
        by_draws(step(&mut step_inspector(&paper(), &source, Some(&checkpoint)), updated, [0.0; 2])).climbs
    });
    assert_eq!((&phi[0], largest(&phi[1].change)), (&both[0], 0.0));
    assert_eq!((largest(&psi[0].change), psi[0].value[1]), (0.0, psi[0].value[0]));
    assert_eq!((psi[0].value[0], phi[1].value[1]), (both[0].value[0], phi[1].value[0]));
    // ψ is compared with the updated φ, if φ was updated.
    assert_eq!(phi[1].excess, both[1].excess);
    assert_ne!(psi[1].excess, both[1].excess);
}

#[test]
fn a_step_in_parts_is_shown_once_it_is_done() {
    let mut step_inspector = step_inspector(&Config { draws: 200, ..paper() }, &Preset::Rings.density(), None);
    assert_eq!((step_inspector.trace([0.0; 2]), step_inspector.around([0.0; 2])), (None, None));
    step_inspector.begin(UpdatedPotentials::Both);
    let mut last = 0.0;
    let mut parts = 0;
    while last < 1.0 {
        assert_eq!((step_inspector.trace([0.0; 2]), step_inspector.around([0.0; 2])), (None, None));
        let share = step_inspector.advance(Duration::ZERO);
        assert!(share > last, "{share} after {last}");
        (last, parts) = (share, parts + 1);
    }
    // Each of the four passes has 12 parts of 1000 draws and one part for the batch.
    assert_eq!(parts, 4 * 13);
    assert!(step_inspector.trace([0.0; 2]).is_some());
    assert_eq!(step_inspector.advance(Duration::ZERO), 1.0);
}

#[test]
fn the_worker_answers_with_shares_then_the_trace() {
    let (config, source) = (Config { batch: 500, ..paper() }, Preset::Moons.density());
    let shown = Shown::Exact;
    let style = Style { dark: false, arrows: true, range: Style::RANGE };
    let view = ViewParams { time: 0.0, shown, style, side: 8 };
    let snapshot = RunSnapshot { config, source, name: "moons".into(), target: None, checkpoint: None, view };
    let mut step_inspector = None;
    assert_eq!(answer(&mut step_inspector, Ask::Advance([0.0; 2])), None);
    assert_eq!(answer(&mut step_inspector, Ask::Open(Box::new(snapshot))), None);
    assert_eq!(answer(&mut step_inspector, Ask::Begin(UpdatedPotentials::Both)), None);
    let mut trace = loop {
        match answer(&mut step_inspector, Ask::Advance([0.0; 2])) {
            Some(Found::StepTrace(trace)) => break trace,
            Some(Found::Share(share)) => assert!((0.0..1.0).contains(&share)),
            other => panic!("{other:?}"),
        }
    };
    let Some(Found::Around(around)) = answer(&mut step_inspector, Ask::Around([2.0, 2.0])) else {
        panic!("it is done")
    };
    let before = by_draws((*trace).clone());
    trace.turn(around);
    let after = by_draws(*trace);
    assert_ne!(before.spreads[0].y, after.spreads[0].y);
    assert_eq!(before.climbs, after.climbs);
}

#[test]
fn another_target_has_its_own_density_in_the_regression_target() {
    let (source, end) = (Preset::Moons.density(), Preset::Rings.density());
    for config in [Config::default(), paper()] {
        let mut step_inspector = StepInspector::new(config.clone(), &source, Target::of(Some(&end)), None);
        let trace = step(&mut step_inspector, UpdatedPotentials::Both, [0.0, 0.0]);
        let all_finite = |values: &[f32]| values.iter().all(|v| v.is_finite());
        match trace.stages {
            Stages::Quadrature(stages) => {
                assert!(all_finite(&stages.miss.values) && stages.loss.iter().all(|loss| loss.is_finite()));
                let average = &stages.average;
                assert!((sum(&average.weights.values) + sum(&average.weights_of_batch) - 1.0).abs() < 1e-4);
            }
            Stages::MonteCarlo(stages) => {
                assert_eq!(config.recipe, Recipe::MonteCarlo);
                assert!(stages.climbs.iter().all(|climb| all_finite(&climb.excess) && climb.value[1].is_finite()));
                // The points are from the rings, not from the Normal: none is in the gap between the two inner rings.
                let in_gap = |y: &[f32; 2]| (1.05..1.2).contains(&y[0].hypot(y[1]));
                assert!(!stages.batches[1].iter().any(in_gap));
            }
        }
    }
}

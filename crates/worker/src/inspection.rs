//! Answers questions about a flow, without its run and each at once.

use crate::claims::{Claim, Judge, Situation};
use crate::history::recall;
use crate::{laboratory, step_inspector};
use flowsketch_core::cpu::picture::picture;
use flowsketch_core::explore::{FlowProbe, Given, Particles, Trajectories, contour, level};
use flowsketch_core::heat::flow::{flow_on, picture_lattice};
use flowsketch_core::particle_step::FRAMES;
use flowsketch_core::potentials::{Potentials, Shown};
use flowsketch_core::shown::ShownFlow;
use flowsketch_core::step_inspector::StepInspector;
use flowsketch_core::style::Style;
use flowsketch_protocol::inspection::{About, Cloud, Finding, Question, SHARES};

/// Answers questions about a flow. An answer takes some milliseconds; one about particles takes some tens.
#[derive(Debug, Default)]
pub struct Inspection {
    flow: Option<Box<ShownFlow>>,
    /// Made when they are first needed.
    probes: Option<FlowProbes>,
    particles: Option<Moving>,
    step_inspector: Option<Box<StepInspector>>,
    past: Option<ShownFlow>,
    judge: Judge,
}

/// Particles whose frames are sent one by one.
#[derive(Debug)]
enum Moving {
    Here(Box<Particles>),
    /// Moved by a GPU beforehand; and the steps up to the frame that was sent last.
    There(Box<Trajectories>, usize),
}

#[derive(Clone, Debug)]
struct FlowProbes {
    shown: FlowProbe,
    exact: Option<FlowProbe>,
}

impl Inspection {
    /// The answer. None to a message that only brings a flow or a run, while no flow is known, and when there are no
    /// particles left to move.
    pub fn answer(&mut self, question: Question) -> Option<Finding> {
        match question {
            Question::Flow(flow) => {
                (self.flow, self.probes) = (Some(flow), None);
                None
            }
            Question::Still { number, time, side, style } => {
                let pixels = still(self.flow.as_deref()?, time, side, &style);
                Some(Finding::Still { number, side, pixels })
            }
            Question::StepInspector(ask) => {
                step_inspector::answer(&mut self.step_inspector, ask).map(Finding::StepInspector)
            }
            Question::Laboratory(ask) => Some(Finding::Laboratory(laboratory::look(self.flow.as_deref()?, &ask))),
            Question::Probe { time, point } => {
                let FlowProbes { shown, exact } = self.probes()?;
                let read = |probe: &FlowProbe| probe.read(time, point);
                Some(Finding::Probe { time, point, shown: read(shown), exact: exact.as_ref().map(read) })
            }
            Question::Coupling { given, time, point } => {
                let FlowProbes { shown, exact } = self.probes()?;
                let cloud = |probe: &FlowProbe| cloud(probe, given, time, point).map(Box::new);
                let end = if given == Given::Source { 0.0 } else { 1.0 };
                let log_rho = shown.read(end, point).log_rho;
                let Some(shown) = cloud(shown) else { return Some(Finding::NoCoupling { given, point }) };
                let exact = exact.as_ref().and_then(cloud).map(|exact| Box::new(Cloud { density: vec![], ..*exact }));
                Some(Finding::Coupling { given, time, point, log_rho, shown, exact })
            }
            Question::Particles(config) => {
                let particles = Particles::new(&self.flow.as_ref()?.potentials, config);
                Some(self.particles.insert(Moving::Here(Box::new(particles))).reached())
            }
            Question::Follow(paths) => Some(self.particles.insert(Moving::There(paths, 0)).reached()),
            Question::Judge { about, claims } => Some(Finding::Judged(self.judged(about, &claims))),
            Question::Recall(snapshot) => {
                self.past = recall(*snapshot);
                None
            }
            Question::Past { time, side, style } => {
                let pixels = still(self.past.as_ref()?, time, side, &style);
                Some(Finding::Past { time, side, pixels })
            }
            Question::Advance => {
                let particles = self.particles.as_mut().filter(|particles| !particles.is_done())?;
                particles.advance();
                Some(particles.reached())
            }
        }
    }

    fn judged(&mut self, about: About, claims: &[String]) -> Vec<Option<bool>> {
        let situation = match about {
            About::Link(query, fragment) => Situation::read(&query, &fragment),
            About::Page { source, target, epsilon, time } => {
                Ok(Situation::of(*source, target.as_deref(), epsilon, time))
            }
        };
        let truth = |claim: &String| self.judge.is_true(&Claim::read(claim).ok()?, situation.as_ref().ok()?).ok();
        claims.iter().map(truth).collect()
    }

    fn probes(&mut self) -> Option<&FlowProbes> {
        let flow = self.flow.as_deref()?;
        Some(self.probes.get_or_insert_with(|| FlowProbes {
            shown: FlowProbe::new(&flow.potentials),
            exact: flow.reference.as_ref().map(FlowProbe::new),
        }))
    }
}

impl Moving {
    fn is_done(&self) -> bool {
        match self {
            Self::Here(particles) => particles.is_done(),
            Self::There(_, done) => *done == FRAMES - 1,
        }
    }

    fn advance(&mut self) {
        match self {
            Self::Here(particles) => particles.advance(),
            Self::There(_, done) => *done += 1,
        }
    }

    fn reached(&self) -> Finding {
        let (config, frame) = match self {
            Self::Here(particles) => (*particles.config(), particles.frame()),
            Self::There(paths, done) => (paths.config, paths.frame(*done)),
        };
        Finding::Particles { config, frame, is_last: self.is_done() }
    }
}

fn cloud(probe: &FlowProbe, given: Given, time: f64, point: [f64; 2]) -> Option<Cloud> {
    let coupling = probe.coupling(given, time, point)?;
    let line = |share| contour(probe.lattice(), &coupling.density, level(&coupling.density, share));
    let lines = SHARES.iter().map(|&share| line(share)).collect();
    Some(Cloud { lines, barycentre: coupling.barycentre, spread: coupling.spread, density: coupling.density })
}

fn still(flow: &ShownFlow, time: f64, side: u32, style: &Style) -> Vec<u8> {
    let lattice = picture_lattice(&flow.potentials.lattice(), flow.potentials.epsilon, time);
    let at = |potentials: &Potentials| {
        let flow = flow_on(&potentials.pair(), &lattice, time);
        flow.into_iter().map(|f| f.map(|v| v as f32)).collect::<Vec<[f32; 3]>>()
    };
    let is_difference = matches!(flow.shown, Shown::Difference(_));
    let reference = flow.reference.as_ref().filter(|_| is_difference).map(at);
    picture(&at(&flow.potentials), reference.as_deref(), &lattice, side, style)
}

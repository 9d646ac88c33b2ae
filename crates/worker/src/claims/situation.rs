//! The flow that a claim is about, and changes of it in the words of a link.

use flowsketch_core::config::{MAX_EPSILON, MIN_EPSILON};
use flowsketch_core::exact::flow::ExactFlow;
use flowsketch_core::exact::sinkhorn::{Stop, solve_problem};
use flowsketch_core::explore::FlowProbe;
use flowsketch_core::lattice::Lattice;
use flowsketch_core::measure::{Density, Import, Preset, Problem, Replay, Target, flow_lattice};
use flowsketch_core::potentials::Potentials;
use flowsketch_state::{PageState, Source, Target as StateTarget};
use std::rc::Rc;

/// A source, a target, ε and t: what an exact flow depends on, and the time at which it is looked at.
#[derive(Clone, Debug)]
pub struct Situation {
    source: Density,
    target: Target,
    epsilon: f64,
    /// In [0, 1].
    time: f64,
}

impl Situation {
    /// From what is on the page: p_D, and the target where it is not the Normal.
    pub fn of(source: Density, target: Option<&Import>, epsilon: f64, time: f64) -> Self {
        Self { source, target: Target::of(target.map(|target| &target.density)), epsilon, time }
    }

    /// From a link, given by its query and its fragment.
    ///
    /// # Errors
    /// What is wrong with the link, as a sentence.
    pub fn read(query: &str, fragment: &str) -> Result<Self, String> {
        let (state, fault) = PageState::decode(query, fragment);
        if let Some(fault) = fault {
            return Err(fault);
        }
        let target = match state.target {
            StateTarget::Normal => Target::Normal,
            StateTarget::Other(target) => Target::new(&density(target)?),
        };
        let source = density(state.source)?;
        Ok(Self { source, target, epsilon: state.config.epsilon, time: state.time.unwrap_or(0.0) })
    }

    /// The situation after one change.
    ///
    /// # Errors
    /// A sentence, when the name or the value is not understood.
    pub fn changed(mut self, name: &str, value: &str) -> Result<Self, String> {
        let preset = || Preset::from_name(value).ok_or_else(|| format!("{value} is no preset"));
        let within = |low: f64, high: f64| {
            let number = value.parse().ok().filter(|number| (low..=high).contains(number));
            number.ok_or_else(|| format!("{name} must be a number from {low} to {high}, not {value}"))
        };
        match name {
            "epsilon" => self.epsilon = within(MIN_EPSILON, MAX_EPSILON)?,
            "t" => self.time = within(0.0, 1.0)?,
            "preset" => self.source = preset()?.density(),
            "target" if value == "normal" => self.target = Target::Normal,
            "target" => self.target = Target::new(&preset()?.density()),
            _ => return Err(format!("{name} is no argument of a quantity")),
        }
        Ok(self)
    }

    pub(super) fn epsilon(&self) -> f64 {
        self.epsilon
    }

    pub(super) fn time(&self) -> f64 {
        self.time
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    fn is_flow_of(&self, other: &Self) -> bool {
        let [own, its] = [self, other].map(|situation| situation.target.density());
        self.epsilon == other.epsilon && self.source == other.source && own == its
    }
}

fn density(source: Source) -> Result<Density, String> {
    Replay::at_once(source.sketch()).density().map_err(|error| error.to_string())
}

/// An exact flow, ready for questions.
#[derive(Debug)]
pub struct Solved {
    pub problem: Problem,
    pub flow: ExactFlow,
    pub probe: FlowProbe,
}

/// Most flows that are kept.
const MOST: usize = 8;

/// The flows solved for last.
#[derive(Debug, Default)]
pub struct Flows {
    solved: Vec<(Situation, Rc<Solved>)>,
}

impl Flows {
    /// The exact flow of a situation, on its own lattice.
    pub fn of(&mut self, situation: &Situation) -> Rc<Solved> {
        let Situation { source, target, epsilon, .. } = situation;
        self.on(&flow_lattice(source, target, *epsilon), situation)
    }

    /// The exact flows of two situations on one lattice, the finer of their own.
    pub fn both(&mut self, situations: [&Situation; 2]) -> [Rc<Solved>; 2] {
        let lattices =
            situations.map(|Situation { source, target, epsilon, .. }| flow_lattice(source, target, *epsilon));
        let finer = if lattices[1].count > lattices[0].count { lattices[1] } else { lattices[0] };
        situations.map(|situation| self.on(&finer, situation))
    }

    fn on(&mut self, lattice: &Lattice, situation: &Situation) -> Rc<Solved> {
        let is_known = |(known, solved): &&(Situation, Rc<Solved>)| {
            known.is_flow_of(situation) && solved.flow.lattice.count == lattice.count
        };
        if let Some((_, solved)) = self.solved.iter().find(is_known) {
            return Rc::clone(solved);
        }
        let Situation { source, target, epsilon, .. } = situation;
        let problem = Problem::on(lattice, source, target);
        let stop = Stop { tolerance: 1e-7, ..Stop::default() };
        let solution = solve_problem(&problem, *epsilon, &stop);
        let flow = ExactFlow::new(&problem.lattice, &problem.source, &problem.target, *epsilon, solution);
        let pair = flow.pair();
        let probe = FlowProbe::new(&Potentials::new(*epsilon, &pair.u, &pair.w));
        let solved = Rc::new(Solved { problem, flow, probe });
        if self.solved.len() == MOST {
            self.solved.remove(0);
        }
        self.solved.push((situation.clone(), Rc::clone(&solved)));
        solved
    }
}

//! The potentials behind a picture.

use crate::exact::flow::ExactFlow;
use crate::potentials::{Potentials, Shown, TabulatedPotentials};
use serde::{Deserialize, Serialize};

/// The potentials behind a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownFlow {
    /// Which flow the picture shows.
    pub shown: Shown,
    /// Those of the flow shown; for a difference, of the learned flow.
    pub potentials: Potentials,
    /// With a learned flow, the potentials of the exact flow of the same ε, once that is solved.
    pub reference: Option<Potentials>,
}

impl ShownFlow {
    /// The potentials that a picture of `shown` is made of; none while some are missing, or while the two flows of a
    /// difference have different ε.
    pub fn new(shown: Shown, tabulation: Option<&TabulatedPotentials>, exact: Option<&ExactFlow>) -> Option<Self> {
        let exact = exact.map(|flow| Potentials::new(flow.epsilon, &flow.solution.u, &flow.solution.w));
        let learned = |second_potential| {
            let tabulation = tabulation?;
            let w = tabulation.second(second_potential).into_iter().map(|w| w as f32).collect();
            Some(Potentials { epsilon: tabulation.epsilon, u: tabulation.u.clone(), w })
        };
        let (Shown::Learned(second_potential) | Shown::Difference(second_potential)) = shown else {
            return Some(Self { shown, potentials: exact?, reference: None });
        };
        let potentials = learned(second_potential)?;
        // An exact flow of another ε belongs to another problem.
        let reference = exact.filter(|exact| exact.epsilon == potentials.epsilon);
        let is_whole = reference.is_some() || matches!(shown, Shown::Learned(_));
        is_whole.then_some(Self { shown, potentials, reference })
    }
}

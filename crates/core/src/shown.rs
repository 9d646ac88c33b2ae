//! The potentials behind a picture.

use crate::exact::flow::ExactFlow;
use crate::potentials::{Potentials, Recovery, Shown};
use serde::{Deserialize, Serialize};

/// The potentials behind a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownFlow {
    pub shown: Shown,
    pub potentials: Potentials,
    /// Those of the exact flow of the same ε beside a learned one, once it is there.
    pub reference: Option<Potentials>,
}

impl ShownFlow {
    /// What a picture of `shown` is made of; none as long as a part of it is not there, or both parts are not of one ε.
    pub fn new(shown: Shown, recovery: Option<&Recovery>, exact: Option<&ExactFlow>) -> Option<Self> {
        let exact = exact.map(|flow| Potentials::new(flow.epsilon, &flow.solution.u, &flow.solution.w));
        let learned = |completion| {
            let recovery = recovery?;
            let w = recovery.second(completion).into_iter().map(|w| w as f32).collect();
            Some(Potentials { epsilon: recovery.epsilon, u: recovery.u.clone(), w })
        };
        let (Shown::Learned(completion) | Shown::Difference(completion)) = shown else {
            return Some(Self { shown, potentials: exact?, reference: None });
        };
        let potentials = learned(completion)?;
        // That of another ε is another problem's.
        let reference = exact.filter(|exact| exact.epsilon == potentials.epsilon);
        let is_whole = reference.is_some() || matches!(shown, Shown::Learned(_));
        is_whole.then_some(Self { shown, potentials, reference })
    }
}

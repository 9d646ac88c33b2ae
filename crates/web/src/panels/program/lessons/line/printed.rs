//! A formula of the paper, run on the line as it is verified or as it is printed.

use flowsketch_core::explore::on_a_line::{Form, LineFlow, TIMES};
use flowsketch_web::number::shown;

/// Which formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Formula {
    Velocity,
    Transform,
    Covariance,
    Penalty,
}

impl Formula {
    /// The formula of that name in a lesson.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "velocity" => Self::Velocity,
            "transform" => Self::Transform,
            "covariance" => Self::Covariance,
            "penalty" => Self::Penalty,
            _ => return None,
        })
    }
}

/// A formula, and how it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Printed {
    pub formula: Formula,
    pub form: Form,
    /// Steps of the penalty made.
    pub steps: u32,
}

impl Printed {
    /// What is drawn instead of a flow that is solved.
    pub fn of(&self, flow: &LineFlow) -> LineFlow {
        if self.formula == Formula::Transform { flow.transformed(self.form) } else { flow.clone() }
    }

    /// The lines over the film that are made with the formula, each at `TIMES` equal times; none if it makes no lines.
    pub fn lines(&self, flow: &LineFlow) -> Vec<Vec<f64>> {
        match self.formula {
            Formula::Velocity => flow.paths(self.form),
            Formula::Covariance => {
                let bridge = |k: usize| flow.gaussian_bridge(k as f64 / (TIMES - 1) as f64, self.form);
                let line =
                    |sign: f64| (0..TIMES).map(bridge).map(|[mean, deviation]| mean + sign * deviation).collect();
                vec![line(-1.0), line(1.0)]
            }
            Formula::Transform | Formula::Penalty => vec![],
        }
    }

    /// What comes of the formula, in a sentence; `flow` is the one that is drawn.
    pub fn status(&self, flow: &LineFlow, lines: &[Vec<f64>]) -> String {
        let form = if self.form == Form::Verified { "As verified" } else { "As printed" };
        match self.formula {
            Formula::Velocity => {
                format!("{form}, the paths end {} from where the flow has them.", shown(flow.path_error(lines)))
            }
            Formula::Transform => {
                let [_, error] = flow.errors();
                format!("{form}, the target marginal of γ has an L1 error of {}.", shown(error))
            }
            Formula::Covariance => {
                let [flow_has, given] = [flow.deviation(0.5), flow.gaussian_bridge(0.5, self.form)[1]].map(shown);
                format!("{form}, the deviation at t = ½ is {given}; the flow has {flow_has}.")
            }
            Formula::Penalty => {
                let (steps, found) = (self.steps, shown(flow.disagreement()));
                let plural = if steps == 1 { "" } else { "s" };
                format!("{form}: after {steps} step{plural} ψ misses φ’s transform by {found} units of cost.")
            }
        }
    }
}

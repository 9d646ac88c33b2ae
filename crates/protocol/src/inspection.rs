//! Questions to the inspection worker, which looks at a flow beside its run, and the answers.

use crate::export::RunSnapshot;
use crate::{laboratory, step_inspector};
use flowsketch_core::explore::{Frame, Given, ParticleConfig, Segment, Trajectories};
use flowsketch_core::sampling::Local;
use flowsketch_core::shown::ShownFlow;
use flowsketch_core::style::Style;
use serde::{Deserialize, Serialize};

/// A question. Unless it brings a flow or a run of its own, it is about the flow of the last [`Flow`](Self::Flow).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Question {
    /// All questions after this one are about this flow.
    Flow(Box<ShownFlow>),
    /// ρ_t of one pair of potentials, as a picture and by its mean and covariance.
    Laboratory(laboratory::Ask),
    /// About a run in the step inspector.
    StepInspector(step_inspector::Ask),
    /// A small picture of `side` × `side` pixels at time t in [0, 1]; the answer has the same `number`.
    Still { number: u32, time: f64, side: u32, style: Style },
    /// The values of the flow at time t and a point, world units.
    Probe { time: f64, point: [f64; 2] },
    /// The conditional law of X_t, given that X_0 or X_1 is `point`.
    Coupling { given: Given, time: f64, point: [f64; 2] },
    /// Starts particles in the present flow and drops earlier ones. They follow this flow even when another one is
    /// shown.
    Particles(ParticleConfig),
    /// The same for particles that a GPU has moved already; their frames are asked for one by one as well.
    Follow(Box<Trajectories>),
    /// The next frame of the particles.
    Advance,
    /// An entry of the run's history: [`Past`](Self::Past) is about it from now on.
    Recall(Box<RunSnapshot>),
    /// A picture of the learned flow of that entry at time t.
    Past { time: f64, side: u32, style: Style },
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Finding {
    /// RGBA row by row from the top.
    Still {
        number: u32,
        side: u32,
        pixels: Vec<u8>,
    },
    /// None while the potentials that were asked for are not known.
    Laboratory(Option<laboratory::Found>),
    StepInspector(step_inspector::Found),
    /// The values of the flow shown and, if it is known, of the exact flow.
    Probe {
        time: f64,
        point: [f64; 2],
        shown: Local,
        exact: Option<Local>,
    },
    /// The conditional law of the flow shown and, if it is known, of the exact flow. `log_rho` is log ρ_0 or log ρ_1 at
    /// `point`: the law is defined also where there is hardly any mass.
    Coupling {
        given: Given,
        time: f64,
        point: [f64; 2],
        log_rho: f64,
        shown: Box<Cloud>,
        exact: Option<Box<Cloud>>,
    },
    /// The picture of the history entry at time t, RGBA row by row from the top.
    Past {
        time: f64,
        side: u32,
        pixels: Vec<u8>,
    },
    /// `point` is outside the mask of the given end, where the conditional law is not defined.
    NoCoupling {
        given: Given,
        point: [f64; 2],
    },
    /// The positions of the particles of this launch; the first answer to a launch has their starting points.
    Particles {
        config: ParticleConfig,
        frame: Frame,
        is_last: bool,
    },
}

/// The law of X_t given X_0 or X_1, as it is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cloud {
    /// The density at the points of the flow lattice, of mass 1; empty for the exact flow, of which only the lines are
    /// drawn.
    pub density: Vec<f32>,
    /// For each of [`SHARES`], the contour of the densest region that holds this share of the mass.
    pub lines: Vec<Vec<Segment>>,
    pub barycentre: [f64; 2],
    /// Root mean square distance from the barycentre.
    pub spread: f64,
}

/// Shares of the mass within the contour lines.
pub const SHARES: [f64; 2] = [0.5, 0.9];

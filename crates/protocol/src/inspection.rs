//! Questions to the inspection worker, which looks at a flow beside its run, and the answers.

use crate::export::RunSnapshot;
use crate::{laboratory, step_inspector};
use flowsketch_core::explore::{Frame, Given, ParticleConfig, Segment, Trajectories};
use flowsketch_core::measure::{Density, Import};
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
    Still {
        /// Chosen by who asks.
        number: u32,
        /// In [0, 1].
        time: f64,
        /// Pixels along one edge.
        side: u32,
        /// Colours, range and arrows.
        style: Style,
    },
    /// The values of the flow at time t and a point, world units.
    Probe {
        /// In [0, 1].
        time: f64,
        /// World units.
        point: [f64; 2],
    },
    /// The conditional law of X_t, given that X_0 or X_1 is `point`.
    Coupling {
        /// Whether X_0 or X_1 is known.
        given: Given,
        /// In [0, 1].
        time: f64,
        /// Where it is, world units.
        point: [f64; 2],
    },
    /// Starts particles in the present flow and drops earlier ones. They follow this flow even when another one is
    /// shown.
    Particles(ParticleConfig),
    /// The same for particles that a GPU has moved already; their frames are asked for one by one as well.
    Follow(Box<Trajectories>),
    /// Whether claims of a lesson are true.
    Judge {
        /// The exact flow that they are about.
        about: About,
        /// As a lesson writes them.
        claims: Vec<String>,
    },
    /// The next frame of the particles.
    Advance,
    /// An entry of the run's history: [`Past`](Self::Past) is about it from now on.
    Recall(Box<RunSnapshot>),
    /// A picture of the learned flow of that entry at time t.
    Past {
        /// In [0, 1].
        time: f64,
        /// Pixels along one edge.
        side: u32,
        /// Colours, range and arrows.
        style: Style,
    },
}

/// The exact flow that claims are about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum About {
    /// That of a link, given by its query and its fragment.
    Link(String, String),
    /// That of the page as it is.
    Page {
        /// p_D.
        source: Box<Density>,
        /// The target, where it is not the Normal.
        target: Option<Box<Import>>,
        /// ε, units of cost.
        epsilon: f64,
        /// t of the picture.
        time: f64,
    },
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Finding {
    /// RGBA row by row from the top.
    Still {
        /// As in the question.
        number: u32,
        /// Pixels of a side.
        side: u32,
        /// `side` × `side` pixels of 4 bytes.
        pixels: Vec<u8>,
    },
    /// Whether each claim is true; none where it is not defined.
    Judged(Vec<Option<bool>>),
    /// None while the potentials that were asked for are not known.
    Laboratory(Option<laboratory::Found>),
    /// The answer to [`Question::StepInspector`].
    StepInspector(step_inspector::Found),
    /// The values of the flow shown and, if it is known, of the exact flow.
    Probe {
        /// t, as in the question.
        time: f64,
        /// World units, as in the question.
        point: [f64; 2],
        /// By the potentials of the flow shown; for a difference, of the learned flow.
        shown: Local,
        /// By the exact potentials of the same ε, once known; none if the flow shown is itself exact.
        exact: Option<Local>,
    },
    /// The conditional law of the flow shown and, if it is known, of the exact flow. `log_rho` is log ρ_0 or log ρ_1 at
    /// `point`: the law is defined also where there is hardly any mass.
    Coupling {
        /// Whether X_0 or X_1 is given.
        given: Given,
        /// t, as in the question.
        time: f64,
        /// The given X_0 or X_1, world units.
        point: [f64; 2],
        /// By the flow shown, nats.
        log_rho: f64,
        /// By the potentials of the flow shown; for a difference, of the learned flow.
        shown: Box<Cloud>,
        /// By the exact potentials of the same ε, once known; none if the flow shown is itself exact.
        exact: Option<Box<Cloud>>,
    },
    /// The picture of the history entry at time t, RGBA row by row from the top.
    Past {
        /// t, as in the question.
        time: f64,
        /// Pixels of a side.
        side: u32,
        /// `side` × `side` pixels of 4 bytes.
        pixels: Vec<u8>,
    },
    /// `point` is outside the mask of the given end, where the conditional law is not defined.
    NoCoupling {
        /// Whether X_0 or X_1 is given.
        given: Given,
        /// The given X_0 or X_1, world units.
        point: [f64; 2],
    },
    /// The positions of the particles of this launch; the first answer to a launch has their starting points.
    Particles {
        /// Direction, number and seed of the particles.
        config: ParticleConfig,
        /// The positions at one time.
        frame: Frame,
        /// Whether no frame follows: the particles have reached their end, t = 1, or t = 0 backwards.
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
    /// The conditional mean of X_t, world units.
    pub barycentre: [f64; 2],
    /// Root mean square distance from the barycentre.
    pub spread: f64,
}

/// Shares of the mass within the contour lines.
pub const SHARES: [f64; 2] = [0.5, 0.9];

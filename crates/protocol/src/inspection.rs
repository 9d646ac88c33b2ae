//! What is asked about a flow beside its run, and what was found.

use crate::export::RunSnapshot;
use crate::{laboratory, step_inspector};
use flowsketch_core::explore::{Frame, Given, ParticleConfig, Segment, Trajectories};
use flowsketch_core::sampling::Local;
use flowsketch_core::shown::ShownFlow;
use flowsketch_core::style::Style;
use serde::{Deserialize, Serialize};

/// About the flow that was told last.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Question {
    /// All questions after this one are about this flow.
    Flow(Box<ShownFlow>),
    /// ρ_t of one pair, in a picture and in moments.
    Laboratory(laboratory::Ask),
    /// About a run in the step inspector.
    StepInspector(step_inspector::Ask),
    /// A small picture of `side` × `side` pixels at time t in [0, 1]; the answer has its number.
    Still { number: u32, time: f64, side: u32, style: Style },
    /// The flow in numbers at time t and a point, world units.
    Probe { time: f64, point: [f64; 2] },
    /// Where mass is at time t, given that it is at `point` at one end of its way.
    Coupling { given: Given, time: f64, point: [f64; 2] },
    /// Particles set out into this flow, which they keep; those before are forgotten.
    Particles(ParticleConfig),
    /// The same with particles that a GPU has moved: they are told as others are.
    Follow(Box<Trajectories>),
    /// Where they are next.
    Advance,
    /// A moment of the past of the run, which questions about the past are about from now on.
    Recall(Box<RunSnapshot>),
    /// A picture of the learned flow of that moment at time t.
    Past { time: f64, side: u32, style: Style },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Finding {
    /// RGBA row by row from the top.
    Still {
        number: u32,
        side: u32,
        pixels: Vec<u8>,
    },
    /// None where these potentials are not known.
    Laboratory(Option<laboratory::Found>),
    StepInspector(step_inspector::Found),
    /// What was probed, in the flow shown and in the exact one beside it.
    Probe {
        time: f64,
        point: [f64; 2],
        shown: Local,
        exact: Option<Local>,
    },
    /// The coupling of the flow shown, and of the exact one beside it; with log ρ of the given end there, for it is defined
    /// also where there is no mass.
    Coupling {
        given: Given,
        time: f64,
        point: [f64; 2],
        log_rho: f64,
        shown: Box<Cloud>,
        exact: Option<Box<Cloud>>,
    },
    /// The moment of the past at time t, RGBA row by row from the top.
    Past {
        time: f64,
        side: u32,
        pixels: Vec<u8>,
    },
    /// Outside the mask of this end: there is no coupling.
    NoCoupling {
        given: Given,
        point: [f64; 2],
    },
    /// Where the particles of this launch are; the first answer to a launch is where they set out.
    Particles {
        config: ParticleConfig,
        frame: Frame,
        is_last: bool,
    },
}

/// The law of X_t given one end of its way, as it is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cloud {
    /// Of mass 1 at the points of the flow lattice; none of the exact one, which is drawn by its lines.
    pub density: Vec<f32>,
    /// Around the densest regions that hold each of [`SHARES`].
    pub lines: Vec<Vec<Segment>>,
    pub barycentre: [f64; 2],
    /// Root mean square distance from the barycentre.
    pub spread: f64,
}

/// Shares of the mass within lines.
pub const SHARES: [f64; 2] = [0.5, 0.9];

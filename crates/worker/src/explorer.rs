//! What is asked about a flow beside its run, and answered at once.

use crate::history::recall;
use crate::take::Standing;
use crate::{glass, laboratory};
use flowsketch_core::cpu::flow::flow_by_products;
use flowsketch_core::cpu::picture::picture;
use flowsketch_core::explore::{
    FRAMES, Frame, Given, Launch, Lens, Particles, Paths, Potentials, Segment, ShownFlow, contour, level,
};
use flowsketch_core::glass::Glass;
use flowsketch_core::sampling::Local;
use flowsketch_core::session::Shown;
use flowsketch_core::style::Style;
use serde::{Deserialize, Serialize};

/// About the flow that was told last.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Question {
    /// All questions after this one are about this flow.
    Flow(Box<ShownFlow>),
    /// ρ_t of one pair, in a picture and in moments.
    Laboratory(laboratory::Ask),
    /// About a run that is put under glass.
    Glass(glass::Ask),
    /// A small picture of `side` × `side` pixels at time t in [0, 1]; the answer has its number.
    Still { number: u32, time: f64, side: u32, style: Style },
    /// The flow in numbers at time t and a point, world units.
    Probe { time: f64, point: [f64; 2] },
    /// Where mass is at time t, given that it is at `point` at one end of its way.
    Coupling { given: Given, time: f64, point: [f64; 2] },
    /// Particles set out into this flow, which they keep; those before are forgotten.
    Launch(Launch),
    /// The same with particles that a GPU has moved: they are told as others are.
    Follow(Box<Paths>),
    /// Where they are next.
    Advance,
    /// A moment of the past of the run, which questions about the past are about from now on.
    Recall(Box<Standing>),
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
    Glass(glass::Found),
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
        launch: Launch,
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

/// Looks at a flow. An answer takes some milliseconds, of particles some tens.
#[derive(Debug, Default)]
pub struct Explorer {
    flow: Option<Box<ShownFlow>>,
    /// Made when they are first needed.
    lenses: Option<Lenses>,
    particles: Option<Moving>,
    glass: Option<Box<Glass>>,
    past: Option<ShownFlow>,
}

/// Particles that are told frame by frame.
#[derive(Debug)]
enum Moving {
    Here(Box<Particles>),
    /// On a GPU; so many frames were told.
    There(Box<Paths>, usize),
}

#[derive(Clone, Debug)]
struct Lenses {
    shown: Lens,
    exact: Option<Lens>,
}

impl Explorer {
    /// The answer; none to a flow, as long as there is none, nor where no particle moves.
    pub fn answer(&mut self, question: Question) -> Option<Finding> {
        match question {
            Question::Flow(flow) => {
                (self.flow, self.lenses) = (Some(flow), None);
                None
            }
            Question::Still { number, time, side, style } => {
                let pixels = still(self.flow.as_deref()?, time, side, &style);
                Some(Finding::Still { number, side, pixels })
            }
            Question::Glass(ask) => glass::answer(&mut self.glass, ask).map(Finding::Glass),
            Question::Laboratory(ask) => Some(Finding::Laboratory(laboratory::look(self.flow.as_deref()?, &ask))),
            Question::Probe { time, point } => {
                let Lenses { shown, exact } = self.lenses()?;
                let read = |lens: &Lens| lens.read(time, point);
                Some(Finding::Probe { time, point, shown: read(shown), exact: exact.as_ref().map(read) })
            }
            Question::Coupling { given, time, point } => {
                let Lenses { shown, exact } = self.lenses()?;
                let cloud = |lens: &Lens| cloud(lens, given, time, point).map(Box::new);
                let end = if given == Given::Source { 0.0 } else { 1.0 };
                let log_rho = shown.read(end, point).log_rho;
                let Some(shown) = cloud(shown) else { return Some(Finding::NoCoupling { given, point }) };
                let exact = exact.as_ref().and_then(cloud).map(|exact| Box::new(Cloud { density: vec![], ..*exact }));
                Some(Finding::Coupling { given, time, point, log_rho, shown, exact })
            }
            Question::Launch(launch) => {
                let particles = Particles::new(&self.flow.as_ref()?.potentials, launch);
                Some(self.particles.insert(Moving::Here(Box::new(particles))).reached())
            }
            Question::Follow(paths) => Some(self.particles.insert(Moving::There(paths, 0)).reached()),
            Question::Recall(standing) => {
                self.past = recall(*standing);
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

    fn lenses(&mut self) -> Option<&Lenses> {
        let flow = self.flow.as_deref()?;
        Some(self.lenses.get_or_insert_with(|| Lenses {
            shown: Lens::new(&flow.potentials),
            exact: flow.reference.as_ref().map(Lens::new),
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
        let (launch, frame) = match self {
            Self::Here(particles) => (*particles.launch(), particles.frame()),
            Self::There(paths, done) => (paths.launch, paths.frame(*done)),
        };
        Finding::Particles { launch, frame, is_last: self.is_done() }
    }
}

fn cloud(lens: &Lens, given: Given, time: f64, point: [f64; 2]) -> Option<Cloud> {
    let coupling = lens.coupling(given, time, point)?;
    let line = |share| contour(lens.lattice(), &coupling.density, level(&coupling.density, share));
    let lines = SHARES.iter().map(|&share| line(share)).collect();
    Some(Cloud { lines, barycentre: coupling.barycentre, spread: coupling.spread, density: coupling.density })
}

fn still(flow: &ShownFlow, time: f64, side: u32, style: &Style) -> Vec<u8> {
    let at = |potentials: &Potentials| {
        let [u, w] = potentials.pair();
        let flow = flow_by_products(&u, &w, &potentials.lattice(), potentials.epsilon, time);
        flow.into_iter().map(|f| f.map(|v| v as f32)).collect::<Vec<[f32; 3]>>()
    };
    let is_difference = matches!(flow.shown, Shown::Difference(_));
    let reference = flow.reference.as_ref().filter(|_| is_difference).map(at);
    picture(&at(&flow.potentials), reference.as_deref(), &flow.potentials.lattice(), side, style)
}

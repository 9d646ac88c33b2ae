//! What is asked about a flow beside its run, and answered at once.

use crate::laboratory;
use flowsketch_core::cpu::flow::flow_by_products;
use flowsketch_core::cpu::picture::picture;
use flowsketch_core::explore::{Potentials, ShownFlow};
use flowsketch_core::style::Style;
use serde::{Deserialize, Serialize};

/// About the flow that was told last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// All questions after this one are about this flow.
    Flow(Box<ShownFlow>),
    /// A small picture of `side` × `side` pixels at time t in [0, 1]; the answer has its number.
    Still {
        number: u32,
        time: f64,
        side: u32,
        style: Style,
    },
    Laboratory(laboratory::Ask),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Finding {
    /// RGBA row by row from the top.
    Still { number: u32, side: u32, pixels: Vec<u8> },
    /// None where these potentials are not known.
    Laboratory(Option<laboratory::Found>),
}

/// Looks at a flow. An answer takes some milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Explorer {
    flow: Option<Box<ShownFlow>>,
}

impl Explorer {
    /// The answer; none to a flow, nor as long as there is none.
    pub fn answer(&mut self, question: Question) -> Option<Finding> {
        match question {
            Question::Flow(flow) => {
                self.flow = Some(flow);
                None
            }
            Question::Still { number, time, side, style } => {
                let pixels = still(self.flow.as_deref()?, time, side, &style);
                Some(Finding::Still { number, side, pixels })
            }
            Question::Laboratory(ask) => Some(Finding::Laboratory(laboratory::look(self.flow.as_deref()?, &ask))),
        }
    }
}

fn still(flow: &ShownFlow, time: f64, side: u32, style: &Style) -> Vec<u8> {
    let at = |potentials: &Potentials| {
        let [u, w] = potentials.pair();
        let flow = flow_by_products(&u, &w, &potentials.lattice(), potentials.epsilon, time);
        flow.into_iter().map(|f| f.map(|v| v as f32)).collect::<Vec<[f32; 3]>>()
    };
    let reference = flow.reference.as_ref().map(at);
    picture(&at(&flow.potentials), reference.as_deref(), &flow.potentials.lattice(), side, style)
}

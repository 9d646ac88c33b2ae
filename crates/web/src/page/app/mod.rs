//! The state of the whole page, and the events that change it: a file for each kind of event, which connects the parts
//! of [`model`](crate::model).

mod actions;
mod compute;
mod drawing;
pub mod frame;
mod link;
mod panels;
mod speed;
mod status;
mod target;

use crate::model::address::Address;
use crate::model::compute::Compute;
use crate::model::display::Display;
use crate::model::panels::Panels;
use crate::model::playback::Playback;
use crate::model::run::Run;
use crate::model::source::SourceEditor;
use crate::model::status_line::StatusLine;
use crate::model::target::Target;
use crate::widgets::controls::Controls;
use crate::widgets::import_form::ImportForm;
use crate::widgets::page::Page;
use crate::widgets::readout::Readout;
use crate::widgets::speed_panel::SpeedPanel;
use flowsketch_core::measure::{Drawing, Preset};
use flowsketch_core::potentials::SecondPotential;
use flowsketch_state::PageState;
use flowsketch_web::ticker::Ticker;
use std::rc::Rc;

pub struct App {
    pub page: Page,
    pub controls: Controls,
    pub readout: Readout,
    pub speed: SpeedPanel,
    pub import: ImportForm,
    pub ticker: Rc<Ticker>,
    pub status: StatusLine,
    pub source: SourceEditor,
    pub target: Target,
    pub run: Run,
    pub compute: Compute,
    pub display: Display,
    pub address: Address,
    pub panels: Panels,
}

impl App {
    /// The page in `state`; `refused` is a sentence about what in the link was not understood. The source is loaded
    /// later, in a [task](Self::start) of its own.
    pub fn new(page: Page, ticker: Rc<Ticker>, state: &PageState, refused: Option<String>) -> Self {
        let mut status = StatusLine::default();
        if let Some(sentence) = refused {
            status.tell(sentence);
        }
        page.say("Opening the graphics device.");
        let playing = state.time.is_none() && !page.prefers("(prefers-reduced-motion: reduce)");
        let playback = Playback::new(state.time.unwrap_or(0.0), playing);
        let app = Self {
            controls: Controls::new(&page.document),
            readout: Readout::new(&page.document),
            speed: SpeedPanel::new(&page.document),
            import: ImportForm::new(&page.document),
            panels: Panels::default(),
            source: SourceEditor::new(&page),
            target: Target::new(&page.document),
            display: Display::new(page.is_dark(), state.view, playback, state.config.epsilon),
            page,
            ticker,
            status,
            run: Run::new(&state.config),
            compute: Compute::new(state.backend),
            address: Address::of(state.lesson.clone()),
        };
        app.controls.both.set_checked(state.second_potential == SecondPotential::Network);
        app.controls.arrows.set_checked(state.arrows);
        app.controls.settings.show(&app.run.config);
        app.show_legend();
        app.refresh();
        app.enable_drawing();
        app.target.show(&app.display.inks);
        app
    }

    /// Takes the first source, unless the person has chosen one already.
    pub fn start(&mut self, drawing: Drawing) {
        if self.source.density.is_none() {
            self.source.drawing = drawing;
            self.drawing_changed();
        }
        if self.source.density.is_none() {
            self.source.drawing.load(Preset::TwoSpirals);
            self.drawing_changed();
            self.train();
            self.status.tell("The link’s drawing leaves nothing on the pad; here is 2spirals instead.");
        }
        // The address describes this state already.
        self.address.follows();
    }
}

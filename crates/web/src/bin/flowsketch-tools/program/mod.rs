//! From the start of the program to its frames: what the page tells goes to each tool, what they ask for to the page.

mod closer;
mod compare;
mod coupling;
mod explorer;
mod glass;
mod history;
mod laboratory;
mod map;
mod particles;
mod probe;
mod round;
mod strip;
mod take;

use closer::Closer;
use compare::Compare;
use explorer::Explorer;
use flowsketch_web::dom::pause;
use flowsketch_web::port::{Port, TOOLS};
use flowsketch_web::ticker::Ticker;
use flowsketch_worker::explorer::Finding;
use flowsketch_worker::take::Standing;
use flowsketch_worker::tools::{Asked, Scene, Told};
use glass::GlassPanel;
use history::History;
use laboratory::Laboratory;
use std::cell::RefCell;
use std::rc::Rc;
use strip::Strip;
use take::Take;
use web_sys::{CustomEvent, CustomEventInit, Document, MessageChannel, Window};

/// The markup of the tools that have a panel of their own, in the order in which they stand.
const PANELS: &[&str] = &[
    include_str!("history.html"),
    include_str!("glass/panel.html"),
    include_str!("compare.html"),
    include_str!("laboratory.html"),
];

pub struct Tools {
    pub window: Window,
    pub document: Document,
    pub ticker: Rc<Ticker>,
    pub page: Port<Told>,
    /// What is on the page, once it told so.
    pub scene: Option<Scene>,
    /// What the page told of its run, an answer for each time that it was asked.
    standings: Vec<Option<Box<Standing>>>,
    pub explorer: Explorer,
    pub strip: Strip,
    pub closer: Closer,
    pub take: Take,
    pub laboratory: Laboratory,
    pub compare: Compare,
    pub glass: GlassPanel,
    pub history: History,
}

/// Between two looks at what is waited for, milliseconds.
const PAUSE_MS: i32 = 10;

/// The tools, shared by all listeners. After a fault they stay borrowed, and nothing touches them any more.
pub type Shared = Rc<RefCell<Tools>>;

/// Runs `act` on the tools, unless a fault has left them unusable.
pub fn with<T>(tools: &Shared, act: impl FnOnce(&mut Tools) -> T) -> Option<T> {
    tools.try_borrow_mut().ok().map(|mut tools| act(&mut tools))
}

pub fn start() {
    let window = web_sys::window().expect("the program runs in a window");
    let document = window.document().expect("a window has a document");
    let channel = MessageChannel::new().expect("a page has message channels");
    let ticker = Ticker::new(&window);
    let waking = Rc::clone(&ticker);
    let page = Port::<Told>::new(channel.port1(), move || waking.wake());
    let sender = page.sender();
    std::panic::set_hook(Box::new(move |fault| {
        console_error_panic_hook::hook(fault);
        let sentence = "What looks closely at the flow has failed; all else goes on.";
        sender.send(&Asked::Say(sentence.into()));
    }));
    show(&document);

    let explorer = Explorer::open(&ticker);
    let tools = Tools {
        strip: Strip::new(&document),
        closer: Closer::new(&document),
        take: Take::new(&document),
        laboratory: Laboratory::new(&document),
        compare: Compare::new(&document),
        glass: GlassPanel::new(&document),
        history: History::new(&document),
        window,
        document: document.clone(),
        ticker: Rc::clone(&ticker),
        page,
        scene: None,
        standings: vec![],
        explorer,
    };
    let tools = Rc::new(RefCell::new(tools));
    let shared = Rc::clone(&tools);
    let waking = Rc::clone(&ticker);
    ticker.start(move |now_ms| {
        if with(&shared, |tools| tools.frame(now_ms)) == Some(true) {
            waking.wake();
        }
    });
    // The tools live as long as the page, and their listeners as long as they.
    let mut listeners = vec![];
    take::wire(&tools, &mut listeners);
    laboratory::wire(&tools, &mut listeners);
    compare::wire(&tools, &mut listeners);
    glass::wire(&tools, &mut listeners);
    history::wire(&tools, &mut listeners);
    closer::wire(&tools, &ticker, &mut listeners);
    std::mem::forget(listeners);

    let init = CustomEventInit::new();
    init.set_detail(&channel.port2());
    let event = CustomEvent::new_with_event_init_dict(TOOLS, &init).expect("the name of the event is valid");
    document.dispatch_event(&event).expect("the event is not under way yet");
}

/// What the page tells of its run, as it stands.
pub async fn standing(tools: &Shared, window: &Window) -> Option<Standing> {
    with(tools, |tools| tools.ask(&Asked::Standing));
    loop {
        pause(window, PAUSE_MS).await;
        if let Some(standing) = with(tools, |tools| tools.standings.pop())? {
            return standing.map(|standing| *standing);
        }
    }
}

/// Puts the markup of the tools on the page.
fn show(document: &Document) {
    let body = document.body().expect("the page has a body");
    body.insert_adjacent_html("beforeend", include_str!("take.html")).expect("the markup is valid");
    // Panels stand before the last of the page's own.
    let last = document.query_selector(".speed").ok().flatten().expect("the page has its panels");
    for panel in PANELS {
        last.insert_adjacent_html("beforebegin", panel).expect("the markup is valid");
    }
}

impl Tools {
    /// Asks the page for something.
    pub fn ask(&self, asked: &Asked) {
        self.page.send(asked);
    }

    /// Takes what is new, and lets each tool do its part; whether another frame is needed, although nothing new comes.
    fn frame(&mut self, now_ms: f64) -> bool {
        if self.document.hidden() {
            return false;
        }
        for told in self.page.take() {
            match told {
                Told::Scene(scene) => self.scene = Some(*scene),
                Told::Flow(flow) => self.explorer.hear(flow),
                Told::Standing(standing) => self.standings.push(standing),
                Told::Progress(progress) => self.history.hear(progress, self.scene.as_ref()),
                Told::Paths(paths) => self.closer.follow(paths, &self.explorer),
            }
        }
        for finding in self.explorer.receive() {
            match finding {
                Finding::Still { number, side, pixels } => self.strip.put(number as usize, side, &pixels),
                Finding::Past { side, pixels, .. } => self.history.put(side, &pixels),
                Finding::Laboratory(found) => self.laboratory.put(found),
                finding => self.closer.hear(finding, &self.explorer),
            }
        }
        if let Some(failure) = self.explorer.take_failure() {
            let sentence = format!("The worker that looks closely at the flow failed ({failure}); all else goes on.");
            self.ask(&Asked::Say(sentence));
        }
        let Some(scene) = &self.scene else { return false };
        self.take.frame(scene);
        let strip_waits = self.strip.frame(now_ms, scene, &mut self.explorer);
        let laboratory_waits = self.laboratory.frame(now_ms, scene, &mut self.explorer);
        let comparing = self.compare.frame(now_ms, scene);
        let glass_waits = self.glass.frame(now_ms, scene);
        let closer_waits = self.closer.frame(now_ms, &self.window, scene, &self.explorer, &self.page);
        let (asked, history_waits) = self.history.frame(now_ms, scene, &self.explorer);
        if let Some(asked) = asked {
            self.ask(&asked);
        }
        strip_waits || laboratory_waits || comparing || glass_waits || closer_waits || history_waits
    }
}

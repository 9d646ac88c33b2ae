//! A step that changes only ε or t of what is on the page does it in a moment, so that the reader sees what the change does.

use flowsketch_protocol::panels::{Scene, ToPage};
use flowsketch_state::PageState;

const DURATION_MS: f64 = 700.0;
/// Smaller changes, of log ε or of t, are made at once.
const LEAST: f64 = 0.01;

/// A change of ε and t on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glide {
    epsilon: [f64; 2],
    /// None if t is not set.
    time: Option<[f64; 2]>,
    start_ms: Option<f64>,
}

impl Glide {
    /// What is asked of the page first to set it as a link says, and the change that follows, if there is one. What a partial
    /// link does not name stays as it is.
    pub fn new(query: &str, fragment: &str, is_partial: bool, scene: Option<&Scene>) -> (ToPage, Option<Self>) {
        let at_once = ToPage::Set { query: query.into(), fragment: fragment.into(), is_partial };
        let Some(scene) = scene.filter(|scene| scene.is_live) else { return (at_once, None) };
        let (state, _) = PageState::decode(query, fragment);
        let names = |wanted: &str| query.split('&').any(|part| part.split('=').next() == Some(wanted));
        let epsilon = if is_partial && !names("epsilon") { scene.config.epsilon } else { state.config.epsilon };
        let time = if is_partial && !names("t") { None } else { state.time };
        let glide =
            Self { epsilon: [scene.config.epsilon, epsilon], time: time.map(|t| [scene.time, t]), start_ms: None };
        if !glide.is_seen() {
            return (at_once, None);
        }
        let rest = query.split('&').filter(|part| !part.starts_with("epsilon=") && !part.starts_with("t="));
        let mut query = rest.collect::<Vec<_>>().join("&");
        query.push_str(&format!("&epsilon={}", scene.config.epsilon));
        if time.is_some() {
            query.push_str(&format!("&t={}", scene.time));
        }
        let query = query.trim_start_matches('&').to_owned();
        (ToPage::Set { query, fragment: fragment.into(), is_partial }, Some(glide))
    }

    fn is_seen(&self) -> bool {
        let [from, to] = self.epsilon;
        (to / from).ln().abs() > LEAST || self.time.is_some_and(|[from, to]| (to - from).abs() > LEAST)
    }

    /// What is asked of the page in a frame, and whether the change is complete.
    pub fn frame(&mut self, now_ms: f64) -> (Vec<ToPage>, bool) {
        let start = *self.start_ms.get_or_insert(now_ms);
        let share = ((now_ms - start) / DURATION_MS).clamp(0.0, 1.0);
        (self.at(share), share >= 1.0)
    }

    /// What is asked of the page to be where the change ends.
    pub fn end(&self) -> Vec<ToPage> {
        self.at(1.0)
    }

    /// Slow at both ends.
    fn at(&self, share: f64) -> Vec<ToPage> {
        let eased = share * share * (3.0 - 2.0 * share);
        let mut asked = vec![];
        let [from, to] = self.epsilon;
        if from != to {
            // The last value is the one of the link, to the digit.
            asked.push(ToPage::Epsilon(if share >= 1.0 { to } else { from * (to / from).powf(eased) }));
        }
        if let Some([from, to]) = self.time {
            asked.push(ToPage::Time(from + eased * (to - from)));
        }
        asked
    }
}

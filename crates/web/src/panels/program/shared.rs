//! The handle by which listeners and tasks hold the panels.

use crate::program::panels::Panels;
use flowsketch_protocol::export::RunSnapshot;
use flowsketch_protocol::panels::ToPage;
use flowsketch_web::dom::pause;
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::Window;

/// Time between two looks for an answer, milliseconds.
const PAUSE_MS: i32 = 10;

/// The panels, shared by all listeners. After a fault they stay borrowed, and nothing touches them any more.
pub type Shared = Rc<RefCell<Panels>>;

/// Runs `act` on the panels, unless a fault has left them unusable.
pub fn with<T>(panels: &Shared, act: impl FnOnce(&mut Panels) -> T) -> Option<T> {
    panels.try_borrow_mut().ok().map(|mut panels| act(&mut panels))
}

/// A snapshot of the page's run as it is; none if there is no run.
pub async fn snapshot(panels: &Shared, window: &Window) -> Option<RunSnapshot> {
    with(panels, |panels| panels.ask(&ToPage::Snapshot));
    loop {
        pause(window, PAUSE_MS).await;
        if let Some(snapshot) = with(panels, |panels| panels.snapshots.pop())? {
            return snapshot.map(|snapshot| *snapshot);
        }
    }
}

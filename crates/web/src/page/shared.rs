//! The handle by which listeners and tasks hold the state of the page.

use crate::app::App;
use std::cell::RefCell;
use std::rc::Rc;

/// The state, shared by all listeners. After a fault it stays borrowed, and nothing touches it any more.
pub type Shared = Rc<RefCell<App>>;

/// Runs `act` on the state, unless a fault has left it unusable.
pub fn with<T>(app: &Shared, act: impl FnOnce(&mut App) -> T) -> Option<T> {
    app.try_borrow_mut().ok().map(|mut app| act(&mut app))
}

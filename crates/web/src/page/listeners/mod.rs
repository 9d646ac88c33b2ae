//! Events of the page, passed on to the state.

mod buttons;
mod import;
mod keys;
mod pad;
mod size;
mod sliders;
mod target;
mod window;

use crate::shared::Shared;

/// Listens to everything, as long as the page lives.
pub fn listen(app: &Shared) {
    let mut listeners = vec![];
    buttons::wire(app, &mut listeners);
    sliders::wire(app, &mut listeners);
    pad::wire(app, &mut listeners);
    import::wire(app, &mut listeners);
    target::wire(app, &mut listeners);
    window::wire(app, &mut listeners);
    // The page lives as long as its listeners, and they as long as the page.
    std::mem::forget(listeners);
    size::watch(app);
}

//! The size of the flow's canvas.

use crate::shared::{Shared, with};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    ResizeObserver, ResizeObserverBoxOptions, ResizeObserverEntry, ResizeObserverOptions, ResizeObserverSize,
};

/// Keeps the size of the flow's canvas that of its place on the page, in pixels of the screen.
pub fn watch(app: &Shared) {
    let shared = Rc::clone(app);
    let callback = Closure::<dyn FnMut(Vec<ResizeObserverEntry>)>::new(move |entries: Vec<ResizeObserverEntry>| {
        if let Some(entry) = entries.last() {
            with(&shared, |app| {
                let side = side_in_pixels(entry, app.page.window.device_pixel_ratio());
                app.resized(side);
            });
        }
    });
    // The parent is observed, since the canvas may be replaced by another.
    let frame = app.borrow().page.flow.parent_element().expect("the canvas has a frame");
    let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).expect("a resize observer can be made");
    if gives_device_pixels() {
        let options = ResizeObserverOptions::new();
        options.set_box(ResizeObserverBoxOptions::DevicePixelContentBox);
        observer.observe_with_options(&frame, &options);
    } else {
        observer.observe(&frame);
    }
    // It observes as long as the page lives.
    callback.forget();
    std::mem::forget(observer);
}

fn gives_device_pixels() -> bool {
    let entry = js_sys::Reflect::get(&js_sys::global(), &"ResizeObserverEntry".into());
    let prototype = entry.and_then(|entry| js_sys::Reflect::get(&entry, &"prototype".into()));
    prototype.is_ok_and(|prototype| {
        js_sys::Reflect::has(&prototype, &JsValue::from("devicePixelContentBoxSize")).unwrap_or(false)
    })
}

fn side_in_pixels(entry: &ResizeObserverEntry, ratio: f64) -> u32 {
    let side = if gives_device_pixels() {
        let size: ResizeObserverSize = entry.device_pixel_content_box_size().get(0).unchecked_into();
        size.inline_size()
    } else {
        entry.content_rect().width() * ratio
    };
    side.round() as u32
}

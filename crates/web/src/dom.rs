//! Elements of the page, and pauses.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Element, MouseEvent, Window};

/// The element of that id.
pub fn element<T: JsCast>(document: &Document, id: &str) -> T {
    let found = document.get_element_by_id(id).and_then(|element| element.dyn_into().ok());
    found.unwrap_or_else(|| panic!("the page has no #{id} of this type"))
}

/// What a browser says of an error, for the end of a sentence.
pub fn words(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.filter(|message| !message.is_empty()).unwrap_or_else(|| "it gives no reason".into())
}

/// Sets an attribute of a name that is always valid.
pub fn set(element: &Element, name: &str, value: &str) {
    element.set_attribute(name, value).expect("the name of the attribute is valid");
}

/// Whether a toggle is on.
pub fn press(button: &Element, pressed: bool) {
    set(button, "aria-pressed", if pressed { "true" } else { "false" });
}

/// World coordinates of a point of the window on `map`, which shows [−edge, edge]².
pub fn world(map: &Element, edge: f64, [x, y]: [f64; 2]) -> [f64; 2] {
    let rectangle = map.get_bounding_client_rect();
    let [across, down] = [(x - rectangle.left()) / rectangle.width(), (y - rectangle.top()) / rectangle.height()];
    [edge * (2.0 * across - 1.0), edge * (1.0 - 2.0 * down)]
}

/// Where a pointer is in the window, CSS pixels. Pens and fingers have fractions, which bindings to whole numbers lose.
pub fn client(event: &MouseEvent) -> [f64; 2] {
    ["clientX", "clientY"].map(|name| {
        let value = Reflect::get(event, &name.into()).ok();
        value.and_then(|value| value.as_f64()).unwrap_or_default()
    })
}

/// Yields to the browser for `ms` milliseconds.
pub async fn pause(window: &Window, ms: i32) {
    let pause = js_sys::Promise::new(&mut |done, _| {
        window.set_timeout_with_callback_and_timeout_and_arguments_0(&done, ms).expect("a window has timers");
    });
    // A timer does not fail.
    _ = JsFuture::from(pause).await;
}

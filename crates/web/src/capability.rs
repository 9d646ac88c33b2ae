//! What the browser can do, probed and never guessed, and what a person can do where it falls short.

use flowsketch_core::gpu::GpuError;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Window;

const STILL: &str = "The drawing pad works; only the flow needs WebGPU.";

/// What is missing before an adapter is even asked for.
pub fn missing(window: &Window) -> Option<Vec<String>> {
    let navigator = window.navigator();
    if !window.is_secure_context() {
        let problem = "The connection to this page is not secure, so the browser keeps WebGPU from it.";
        return Some(told(problem, "Open the page over https, or on this machine as http://localhost."));
    }
    let gpu = Reflect::get(&navigator, &"gpu".into()).ok();
    if gpu.is_none_or(|gpu| gpu.is_undefined() || gpu.is_null()) {
        let problem = "This browser does not offer WebGPU, with which the two networks compute.";
        return Some(told(problem, "Open the page in a current version of Chrome, Edge, Safari or Firefox."));
    }
    None
}

/// What to do about an adapter or device that did not open.
pub fn refused(error: &GpuError) -> Vec<String> {
    match error {
        GpuError::NoAdapter => told(
            &error.to_string(),
            "Turn on hardware acceleration in the browser’s settings, update the graphics driver, and reload the page. \
             Chrome on Linux may need chrome://flags/#enable-unsafe-webgpu as well.",
        ),
        GpuError::DeviceRefused(reason) => {
            let mut sentences = told(
                "The graphics adapter refused to open a device for this page.",
                "Close other pages that use the graphics card, and reload this one.",
            );
            sentences.push(format!("The browser’s own words: {reason}"));
            sentences
        }
    }
}

/// The device was lost again and again.
pub fn lost_for_good(reason: &str) -> Vec<String> {
    told(reason, "It happened three times within a minute, so Flowsketch has stopped. Reload the page to try again.")
}

/// A fault of the program itself.
pub fn fault() -> Vec<String> {
    vec![
        "Flowsketch stopped because of a fault of its own.".into(),
        "Reload the page to start again. The browser’s console has the details.".into(),
    ]
}

/// What the browser calls its adapter. Most keep the full name back, and wgpu passes on nothing else; but maker and
/// family are there to be asked for.
pub async fn adapter_name(window: &Window) -> Option<String> {
    let gpu = Reflect::get(&window.navigator(), &"gpu".into()).ok()?;
    let options = js_sys::Object::new();
    Reflect::set(&options, &"powerPreference".into(), &"high-performance".into()).ok()?;
    let request: Function = Reflect::get(&gpu, &"requestAdapter".into()).ok()?.dyn_into().ok()?;
    let promise: Promise = request.call1(&gpu, &options).ok()?.dyn_into().ok()?;
    let adapter: JsValue = JsFuture::from(promise).await.ok()?;
    let info = Reflect::get(&adapter, &"info".into()).ok()?;
    let word = |name: &str| Reflect::get(&info, &name.into()).ok()?.as_string().filter(|word| !word.is_empty());
    let words: Vec<String> = ["vendor", "architecture", "device"].into_iter().filter_map(word).collect();
    word("description").or_else(|| (!words.is_empty()).then(|| words.join(" ")))
}

fn told(problem: &str, advice: &str) -> Vec<String> {
    vec![problem.into(), advice.into(), STILL.into()]
}

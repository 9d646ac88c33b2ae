//! What the browser can do, always probed and never guessed, and what a person can do where it cannot.

use flowsketch_core::gpu::{GpuError, find};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Window;

/// Why it is the processor that computes.
#[derive(Clone, Debug, PartialEq)]
pub enum CpuReason {
    /// The link asks for it.
    Asked,
    /// The kernels compute to the Normal only, and the target is another.
    Target,
    /// WebGPU is emulated in software, by this adapter.
    Software(String),
    /// The browser does not offer WebGPU at all.
    NoApi,
    /// The browser offers WebGPU to secure pages only.
    Insecure,
    NoAdapter,
    /// The browser has not answered yet whether there is an adapter.
    Silent,
    /// The adapter gave no device; with the browser's error message.
    Refused(String),
    /// The device was lost again and again.
    Lost,
}

impl CpuReason {
    /// The reason as the end of a sentence.
    pub fn reason(&self) -> String {
        match self {
            Self::Asked => "the link asks for it".into(),
            Self::Target => {
                "only it computes to targets other than the Normal; for the Normal, reload the page to use WebGPU again"
                    .into()
            }
            Self::Software(name) => format!("WebGPU is software here ({name}), which is slower"),
            Self::NoApi => "this browser does not offer WebGPU".into(),
            Self::Insecure => {
                "the browser offers WebGPU to secure pages only; open this one over https or from localhost".into()
            }
            Self::NoAdapter => "WebGPU found no graphics adapter".into(),
            Self::Silent => "the graphics adapter has not answered for four seconds; it takes over when it does".into(),
            Self::Refused(words) => {
                format!("the graphics adapter refused to open a device ({})", words.trim_end_matches('.'))
            }
            Self::Lost => "the graphics device was lost three times within a minute".into(),
        }
    }
}

impl From<GpuError> for CpuReason {
    fn from(error: GpuError) -> Self {
        match error {
            GpuError::NoAdapter => Self::NoAdapter,
            // The first line is followed by a stack trace.
            GpuError::DeviceRefused(words) => {
                let line = words.lines().next().unwrap_or_default();
                let mark = "JsValue(";
                Self::Refused(find(line, mark).map_or(line, |place| &line[place + mark.len()..]).into())
            }
        }
    }
}

/// Whether an adapter can be asked for.
///
/// # Errors
/// What is missing.
pub fn probe(window: &Window) -> Result<(), CpuReason> {
    let gpu = Reflect::get(&window.navigator(), &"gpu".into()).ok();
    if gpu.is_some_and(|gpu| !gpu.is_undefined() && !gpu.is_null()) {
        return Ok(());
    }
    Err(if window.is_secure_context() { CpuReason::NoApi } else { CpuReason::Insecure })
}

/// The message when neither the GPU nor the worker computes, by paragraphs.
pub fn no_backend(why: &CpuReason, failure: &str) -> Vec<String> {
    vec![
        format!(
            "Nothing can compute the flow here. The processor was to do it, as {}; but its worker failed.",
            why.reason()
        ),
        "Reload the page. If that does not help, its files may be incomplete on the server, or blocked here.".into(),
        "The drawing pad still works.".into(),
        format!("The browser’s own words: {failure}"),
    ]
}

/// The message after a fault of the program itself, by paragraphs.
pub fn fault() -> Vec<String> {
    vec![
        "Flowsketch stopped because of a bug.".into(),
        "Reload the page to start again. The browser’s console has the details.".into(),
    ]
}

/// The browser's name of its adapter. Most browsers hide the full name, the only one that wgpu passes on; vendor and
/// architecture can be asked for.
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

//! Opens a device on an adapter, and keeps what it offers and how it failed.

use super::variant::WeightPrecision;
use std::fmt;
use std::sync::{Arc, Mutex};

/// An open device. Clones share it.
#[derive(Clone, Debug)]
pub struct Gpu {
    /// Makes buffers, pipelines and textures.
    pub device: wgpu::Device,
    /// Takes what is to be done.
    pub queue: wgpu::Queue,
    /// What the adapter calls itself.
    pub name: String,
    /// Whether it is a software adapter.
    pub software: bool,
    /// What the device has beyond the defaults.
    pub capabilities: Capabilities,
    /// The precision that is wanted for the transposed copies of weights.
    pub copies: WeightPrecision,
    failure: Arc<Mutex<Option<String>>>,
}

/// What a device has beyond the defaults and kernels can use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Workgroup memory for tiles of 64 rows.
    pub large_tiles: bool,
    /// f16 in kernels and buffers.
    pub half: bool,
    /// Sums and maxima over a subgroup.
    pub subgroups: bool,
}

/// Bytes of workgroup memory of two tiles of 64 rows.
const LARGE_TILES: u32 = 2 * 4 * 64 * 64;

/// Why there is no device. The text is a sentence for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GpuError {
    /// The system offers no adapter.
    NoAdapter,
    /// There is an adapter, but it gave no device.
    DeviceRefused(String),
}

impl fmt::Display for GpuError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAdapter => f.write_str("WebGPU is here, but it found no graphics adapter."),
            Self::DeviceRefused(reason) => write!(f, "The graphics adapter refused a device: {reason}"),
        }
    }
}

impl std::error::Error for GpuError {}

impl Gpu {
    /// Opens a device on the fastest adapter that can draw to `surface`, if one is given.
    ///
    /// # Errors
    /// When there is no adapter, or it refuses a device.
    pub async fn open(instance: &wgpu::Instance, surface: Option<&wgpu::Surface<'_>>) -> Result<Self, GpuError> {
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            compatible_surface: surface,
            ..Default::default()
        };
        let adapter = instance.request_adapter(&options).await.map_err(|_| GpuError::NoAdapter)?;
        Self::from_adapter(&adapter).await
    }

    /// Opens a device on this adapter, with the default limits and what else it [offers](Capabilities).
    ///
    /// # Errors
    /// When the adapter refuses a device.
    pub async fn from_adapter(adapter: &wgpu::Adapter) -> Result<Self, GpuError> {
        // Timestamps are for `Clock`.
        let wanted = wgpu::Features::TIMESTAMP_QUERY | wgpu::Features::SHADER_F16 | wgpu::Features::SUBGROUP;
        let mut required_limits = wgpu::Limits::default();
        if adapter.limits().max_compute_workgroup_storage_size >= LARGE_TILES {
            required_limits.max_compute_workgroup_storage_size = LARGE_TILES;
        }
        let required_features = adapter.features() & wanted;
        let label = Some("flowsketch");
        let descriptor = wgpu::DeviceDescriptor { label, required_features, required_limits, ..Default::default() };
        let (device, queue) =
            adapter.request_device(&descriptor).await.map_err(|error| GpuError::DeviceRefused(error.to_string()))?;
        Ok(Self::from_device(device, queue, &adapter.get_info()))
    }

    /// Takes a device that is already open.
    pub fn from_device(device: wgpu::Device, queue: wgpu::Queue, info: &wgpu::AdapterInfo) -> Self {
        let failure = Arc::new(Mutex::new(None));
        let (lost, uncaptured) = (failure.clone(), failure.clone());
        device.set_device_lost_callback(move |_, message| {
            note(&lost, format!("The graphics device was lost. {message}"))
        });
        device.on_uncaptured_error(Arc::new(move |error| {
            note(&uncaptured, format!("The graphics device failed: {error}"))
        }));
        let name = if info.name.is_empty() { describe(info) } else { info.name.clone() };
        let capabilities = Capabilities {
            large_tiles: device.limits().max_compute_workgroup_storage_size >= LARGE_TILES,
            half: device.features().contains(wgpu::Features::SHADER_F16),
            subgroups: device.features().contains(wgpu::Features::SUBGROUP),
        };
        Self {
            device,
            queue,
            name,
            software: is_software(info),
            capabilities,
            copies: WeightPrecision::Single,
            failure,
        }
    }

    /// The first thing that went wrong with the device, as a sentence; after it the device cannot be used.
    pub fn failure(&self) -> Option<String> {
        self.failure.lock().expect("no holder of this lock panics").clone()
    }
}

/// Whether an adapter is a software adapter, computing on the CPU.
pub fn is_software(info: &wgpu::AdapterInfo) -> bool {
    // Browsers do not say that an adapter is a software adapter, but its name shows it.
    let names = ["swiftshader", "llvmpipe", "lavapipe", "basic render"];
    let own = describe(info).to_ascii_lowercase();
    info.device_type == wgpu::DeviceType::Cpu || names.iter().any(|name| find(&own, name).is_some())
}

/// Where `word` begins in `text`. Compares bytes: the search of the standard library, which is made for long words,
/// would add far more code to the page.
pub fn find(text: &str, word: &str) -> Option<usize> {
    text.as_bytes().windows(word.len()).position(|window| window == word.as_bytes())
}

/// Keeps the first failure: later ones are consequences of it.
fn note(failure: &Mutex<Option<String>>, sentence: String) {
    failure.lock().expect("no holder of this lock panics").get_or_insert(sentence);
}

fn describe(info: &wgpu::AdapterInfo) -> String {
    [info.name.as_str(), info.driver.as_str(), info.driver_info.as_str()]
        .into_iter()
        .filter(|s| !s.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_word_is_found_where_it_first_begins() {
        for text in ["", "lava", "lavapipe", "a lavapipe, a lavapipe", "é: JsValue(x)", "lavapip"] {
            for word in ["lavapipe", "JsValue(", "a"] {
                assert_eq!(find(text, word), text.find(word), "{word} in {text}");
            }
        }
    }
}

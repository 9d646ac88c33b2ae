//! Brings buffers back to the host some frames later, without waiting.

use super::device::Gpu;
use bytemuck::Pod;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const IDLE: u8 = 0;
const PENDING: u8 = 1;
const READY: u8 = 2;
const FAILED: u8 = 3;

/// A staging buffer for a fixed list of sources.
#[derive(Debug)]
pub struct Readback {
    sources: Vec<wgpu::Buffer>,
    staging: wgpu::Buffer,
    state: Arc<AtomicU8>,
}

impl Readback {
    /// For these buffers, in this order.
    pub fn new(gpu: &Gpu, sources: &[&wgpu::Buffer]) -> Self {
        let staging = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("readback"),
            size: sources.iter().map(|source| source.size()).sum(),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self { sources: sources.iter().map(|&s| s.clone()).collect(), staging, state: Arc::new(AtomicU8::new(IDLE)) }
    }

    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.state.load(Ordering::Acquire) == IDLE
    }

    /// Whether what was under way has come back, or failed.
    pub fn is_settled(&self) -> bool {
        self.state.load(Ordering::Acquire) != PENDING
    }

    /// Copies the sources as they are at this point of the submission; they come back after it.
    ///
    /// # Panics
    /// When a readback is under way.
    pub fn encode(&self, encoder: &mut wgpu::CommandEncoder) {
        assert!(self.is_idle(), "a readback was still under way");
        let mut offset = 0;
        for source in &self.sources {
            encoder.copy_buffer_to_buffer(source, 0, &self.staging, offset, source.size());
            offset += source.size();
        }
        self.state.store(PENDING, Ordering::Release);
        let state = self.state.clone();
        encoder.map_buffer_on_submit(&self.staging, wgpu::MapMode::Read, .., move |result| {
            state.store(if result.is_ok() { READY } else { FAILED }, Ordering::Release);
        });
    }

    /// The values of each source, once they have come back; none before that, or if the copy failed. Then it is idle
    /// again.
    pub fn take<T: Pod>(&self) -> Option<Vec<Vec<T>>> {
        match self.state.load(Ordering::Acquire) {
            READY => {
                let range = self.staging.get_mapped_range(..).ok()?;
                let mut rest: &[u8] = &range;
                let values = self.sources.iter().map(|source| {
                    let (bytes, after) = rest.split_at(source.size() as usize);
                    rest = after;
                    bytemuck::pod_collect_to_vec(bytes)
                });
                let values = values.collect();
                drop(range);
                self.staging.unmap();
                self.state.store(IDLE, Ordering::Release);
                Some(values)
            }
            FAILED => {
                self.state.store(IDLE, Ordering::Release);
                None
            }
            _ => None,
        }
    }
}

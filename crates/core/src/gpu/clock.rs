//! How long a device worked on a pass, by its own clock.

use super::device::Gpu;
use super::readback::Readback;

/// Two timestamps of one pass at a time, and how they are read back.
#[derive(Debug)]
pub struct Clock {
    queries: wgpu::QuerySet,
    /// Ticks at the beginning and at the end.
    ticks: wgpu::Buffer,
    readback: Readback,
    /// Milliseconds of a tick.
    tick_ms: f64,
}

impl Clock {
    /// None if the device has no timestamps.
    pub fn new(gpu: &Gpu) -> Option<Self> {
        if !gpu.device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return None;
        }
        let queries = gpu.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("clock"),
            ty: wgpu::QueryType::Timestamp,
            count: 2,
        });
        let ticks = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("ticks"),
            size: 2 * size_of::<u64>() as u64,
            usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        let readback = Readback::new(gpu, &[&ticks]);
        Some(Self { queries, ticks, readback, tick_ms: 1e-6 * f64::from(gpu.queue.get_timestamp_period()) })
    }

    /// Whether no timestamps are being read back.
    pub fn is_idle(&self) -> bool {
        self.readback.is_idle()
    }

    /// Whether the timestamps have come back, or failed.
    pub fn is_settled(&self) -> bool {
        self.readback.is_settled()
    }

    /// What the descriptor of the pass that is to be timed needs.
    pub fn writes(&self) -> wgpu::ComputePassTimestampWrites<'_> {
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(0),
            end_of_pass_write_index: Some(1),
        }
    }

    /// To be recorded after that pass: its timestamps come back after the submission.
    pub fn encode(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..2, &self.ticks, 0);
        self.readback.encode(encoder);
    }

    /// Milliseconds of the pass, once they have come back; none if the device's clock was reset in between.
    pub fn take_ms(&self) -> Option<f64> {
        let ticks: Vec<u64> = self.readback.take()?.concat();
        let ms = self.tick_ms * ticks[1].checked_sub(ticks[0])? as f64;
        (ms > 0.0).then_some(ms)
    }
}

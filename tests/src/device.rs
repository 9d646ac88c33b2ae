//! The adapter of the tests; its name is printed.

use flowsketch_core::gpu::Gpu;
use std::sync::OnceLock;
use std::time::Duration;

/// The device that all tests of one program share: the software adapter if there is one, else the first.
///
/// # Panics
/// When there is no adapter. That is a failed test, not a skipped one: `scripts/setup tests` installs lavapipe.
pub fn gpu() -> &'static Gpu {
    static GPU: OnceLock<Gpu> = OnceLock::new();
    GPU.get_or_init(|| {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let mut adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
        adapters.sort_by_key(|adapter| adapter.get_info().device_type != wgpu::DeviceType::Cpu);
        let adapter = adapters.first().expect("no adapter: `scripts/setup tests` installs a software one");
        let gpu = pollster::block_on(Gpu::from_adapter(adapter)).expect("the adapter gives a device");
        eprintln!("adapter: {} (software: {})", gpu.name, gpu.software);
        gpu
    })
}

/// Whether the device offers what an optional path needs; says so where a test is skipped for it.
///
/// # Panics
/// When a software adapter does not: the one that `scripts/setup tests` installs offers all, so that no test is skipped
/// there.
pub fn offers(feature: &str, is_offered: bool) -> bool {
    assert!(is_offered || !gpu().software, "the software adapter has no {feature}: tests of it would be skipped");
    if !is_offered {
        eprintln!("skipped: {} has no {feature}", gpu().name);
    }
    is_offered
}

/// Waits until all submitted work is done.
///
/// # Panics
/// When it takes over a minute, or the device failed meanwhile.
pub fn finish(gpu: &Gpu) {
    let timeout = Some(Duration::from_secs(60));
    gpu.device
        .poll(wgpu::PollType::Wait { submission_index: None, timeout })
        .expect("the device answers within a minute");
    assert_eq!(gpu.failure(), None);
}

/// The bytes of a buffer as numbers.
pub fn read<T: bytemuck::Pod>(gpu: &Gpu, buffer: &wgpu::Buffer) -> Vec<T> {
    let staging = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("staging"),
        size: buffer.size(),
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, buffer.size());
    encoder.map_buffer_on_submit(&staging, wgpu::MapMode::Read, .., |result| result.expect("the buffer maps"));
    gpu.queue.submit([encoder.finish()]);
    finish(gpu);
    bytemuck::pod_collect_to_vec(&staging.get_mapped_range(..).expect("the buffer is mapped"))
}

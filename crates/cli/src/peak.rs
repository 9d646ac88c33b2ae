//! The peak rate of a device in f32, measured by chains of fused multiply-adds in registers, without access to memory.

use flowsketch_core::gpu::Gpu;
use std::time::{Duration, Instant};
use wgpu::util::DeviceExt;

#[cfg(target_arch = "x86_64")]
mod chains {
    use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps, _mm512_fmadd_ps, _mm512_set1_ps};
    use std::hint::black_box;

    /// Independent chains: a core starts two multiply-adds a cycle, and each takes four or five cycles.
    pub const CHAINS: usize = 12;

    macro_rules! chains {
        ($name:ident, $features:literal, $set:ident, $fma:ident) => {
            #[target_feature(enable = $features)]
            pub fn $name(rounds: u64) {
                let (factor, term) = ($set(black_box(0.999)), $set(black_box(1e-3)));
                let mut sums: [_; CHAINS] = std::array::from_fn(|k| $set(black_box(k as f32)));
                for _ in 0..rounds {
                    for sum in &mut sums {
                        *sum = $fma(*sum, factor, term);
                    }
                }
                black_box(sums);
            }
        };
    }
    chains!(wide, "avx512f,fma", _mm512_set1_ps, _mm512_fmadd_ps);
    chains!(middle, "avx2,fma", _mm256_set1_ps, _mm256_fmadd_ps);
}

/// Floating-point operations a second of all cores together; none if the processor has no vector instructions for it.
#[cfg(target_arch = "x86_64")]
pub fn of_cpu() -> Option<f64> {
    const ROUNDS: u64 = 20_000_000;
    let fused = is_x86_feature_detected!("fma");
    let wide = fused && is_x86_feature_detected!("avx512f");
    if !(wide || fused && is_x86_feature_detected!("avx2")) {
        return None;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // SAFETY: the processor has the features that the function is compiled for, as was checked above.
    let run = move || unsafe { if wide { chains::wide(ROUNDS) } else { chains::middle(ROUNDS) } };
    let start = Instant::now();
    std::thread::scope(|scope| (0..cores).for_each(|_| _ = scope.spawn(run)));
    let lanes = if wide { 16.0 } else { 8.0 };
    Some(2.0 * lanes * (chains::CHAINS as u64 * ROUNDS) as f64 * cores as f64 / start.elapsed().as_secs_f64())
}

#[cfg(not(target_arch = "x86_64"))]
pub fn of_cpu() -> Option<f64> {
    None
}

/// Invocations of a dispatch, and operations of each.
const INVOCATIONS: u32 = 64 * 4096;
const OPERATIONS: f64 = 2.0 * 4.0 * 8.0 * 256.0;
/// A device that does not answer for so long counts as lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// Floating-point operations a second of a graphics device; none if it does not answer.
pub fn of_gpu(gpu: &Gpu) -> Option<f64> {
    let device = &gpu.device;
    let module = device.create_shader_module(wgpu::include_wgsl!("peak.wgsl"));
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("peak"),
        layout: None,
        module: &module,
        entry_point: None,
        compilation_options: Default::default(),
        cache: None,
    });
    let buffer = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
        label: Some("peak"),
        contents: bytemuck::cast_slice(&vec![0.5_f32; INVOCATIONS as usize]),
        usage: wgpu::BufferUsages::STORAGE,
    });
    let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("peak"),
        layout: &pipeline.get_bind_group_layout(0),
        entries: &[wgpu::BindGroupEntry { binding: 0, resource: buffer.as_entire_binding() }],
    });
    let seconds = |dispatches: u32| {
        let start = Instant::now();
        let mut encoder = device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&pipeline);
            pass.set_bind_group(0, &group, &[]);
            (0..dispatches).for_each(|_| pass.dispatch_workgroups(INVOCATIONS / 64, 1, 1));
        }
        gpu.queue.submit([encoder.finish()]);
        device.poll(wgpu::PollType::Wait { submission_index: None, timeout: Some(PATIENCE) }).ok()?;
        Some(start.elapsed().as_secs_f64())
    };
    seconds(1)?;
    // Enough dispatches that the latency of one submission does not count.
    let count = (0.2 / seconds(1)?).clamp(1.0, 2000.0) as u32;
    let best = (0..3).filter_map(|_| seconds(count)).fold(f64::INFINITY, f64::min);
    (gpu.failure().is_none() && best.is_finite()).then(|| f64::from(count) * f64::from(INVOCATIONS) * OPERATIONS / best)
}

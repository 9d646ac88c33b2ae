//! Whole steps, on the CPU in f64 and on the GPU, from the same inputs.

use crate::device::gpu;
use flowsketch_core::checkpoint::{Parameters, Snapshot};
use flowsketch_core::config::Config;
use flowsketch_core::gpu::Gpu;
use flowsketch_core::gpu::kernel::Kernels;
use flowsketch_core::gpu::plan::KernelPath;
use flowsketch_core::gpu::trainer::Trainer;
use flowsketch_core::gpu::variant::{Registers, TileRows, Variant, WeightPrecision};
use flowsketch_core::lattice::Lattice;
use flowsketch_core::measure::{Density, Preset, Sampler};
use flowsketch_core::network::Shape;
use flowsketch_core::reference;
use flowsketch_core::step_sampler::{StepInputs, StepSampler};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::sync::OnceLock;

/// Fused kernels of each size.
pub const VARIANTS: [Variant; 4] = [
    variant(TileRows::Few, Registers::R4x4),
    variant(TileRows::Few, Registers::R4x8),
    variant(TileRows::Many, Registers::R4x4),
    variant(TileRows::Many, Registers::R4x8),
];

const fn variant(rows: TileRows, registers: Registers) -> Variant {
    Variant { rows, registers, copies: WeightPrecision::Single }
}

/// The kernel paths that a trainer can use: one kernel per layer, or fused kernels.
pub const PATHS: [KernelPath; 4] = [
    KernelPath::PerLayer,
    KernelPath::Fused(VARIANTS[0]),
    KernelPath::Fused(VARIANTS[1]),
    KernelPath::Fused(VARIANTS[2]),
];

/// The kernels of the tests' device. All tests of one program share them: some take seconds to compile.
pub fn kernels() -> &'static Kernels {
    static KERNELS: OnceLock<Kernels> = OnceLock::new();
    KERNELS.get_or_init(|| Kernels::new(gpu()))
}

/// A source, and the inputs of its first steps.
pub struct Run {
    pub config: Config,
    pub source: Density,
    pub shape: Shape,
    pub parameters: [Parameters; 2],
    pub step_sampler: StepSampler,
}

impl Run {
    pub fn new(config: Config, preset: Preset) -> Self {
        let source = preset.density();
        let shape = config.shape();
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        let parameters = [(); 2].map(|()| Parameters::new(&config, &shape, &mut rng));
        let step_sampler = StepSampler::new(config.seed, source.moments(), Sampler::new(&source));
        Self { config, source, shape, parameters, step_sampler }
    }

    pub fn steps(&mut self, count: usize) -> Vec<StepInputs> {
        (0..count).map(|_| self.step_sampler.advance(&self.config)).collect()
    }

    /// The flow lattice, and p_D there.
    pub fn flow_lattice(&self) -> (Lattice, Vec<f64>) {
        let lattice = self.source.flow_lattice(self.config.epsilon);
        (lattice, self.source.on(lattice.count))
    }

    pub fn on_cpu(&self) -> reference::trainer::Trainer<f64> {
        reference::trainer::Trainer::new(self.shape.clone(), self.config.activation, &self.parameters)
    }

    pub fn on_gpu(&self, gpu: &Gpu, path: KernelPath, max_steps: usize) -> Trainer {
        let trainer =
            Trainer::new(gpu, kernels(), &[path], &self.config, &self.shape, self.flow_lattice().0, max_steps);
        trainer.write(&self.parameters.each_ref().map(Snapshot::new));
        trainer
    }
}

/// Records into one compute pass, and submits it.
pub fn submit(gpu: &Gpu, record: impl FnOnce(&mut wgpu::ComputePass<'_>)) {
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    record(&mut encoder.begin_compute_pass(&Default::default()));
    gpu.queue.submit([encoder.finish()]);
}

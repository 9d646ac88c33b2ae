//! A training step and a tabulation as lists of dispatches, in the order of ARCHITECTURE.md.

use super::device::Gpu;
use super::kernel::{Inputs, Kernels, storage};
use super::plan::{Counts, DispatchSize, KernelPath, PARTIALS, Planned, heat, record};
use super::potential::{Network, NetworkBuffers, Rows, Scratch, Size};
use super::table::{COTANGENT_NODES, TRANSFORM_NODES, WORKGROUP};
use super::uniforms::StepUniform;
use super::variant::TileRows;
use crate::checkpoint::Snapshot;
use crate::config::{Activation, Config, NODES, Optimiser, Recipe};
use crate::gaussian::Quadratic;
use crate::lattice::Lattice;
use crate::network::{Shape, Side};
use crate::step_sampler::{Points, StepInputs};
use crate::transform::log_shares;
use std::cell::OnceCell;

/// Both networks on the GPU, and everything that is done with them.
#[derive(Debug)]
pub struct Trainer {
    pub(super) gpu: Gpu,
    kernels: Kernels,
    shape: Shape,
    recipe: Recipe,
    /// N of the paper's recipe.
    draws: u32,
    activation: Activation,
    optimiser: Optimiser,
    /// The lattice of the next tabulation, no finer than the first.
    lattice: Lattice,
    networks: NetworkBuffers,
    fields: Fields,
    scratch: Scratch,
    between: Between,
    pub(super) step_inputs: Inputs,
    tabulation_inputs: Inputs,
    paths: Vec<KernelPath>,
    /// One for each path, made at its first step: compiling kernels that may never run would delay those that do.
    step_plans: Vec<OnceCell<Vec<Planned>>>,
    tabulation_plan: Vec<Planned>,
}

/// The most partial gradients that a fused backward pass may have.
fn most_partials(config: &Config, tile: TileRows) -> u32 {
    match config.recipe {
        Recipe::Quadrature => 2 * PARTIALS.min((config.training_rows() as u32).div_ceil(tile.count())),
        Recipe::MonteCarlo => {
            let draws = config.draws as u32;
            Counts { batch: config.batch as u32, source: 0, target: 0, draws }.partials(Side::Phi, tile)
        }
    }
}

/// Intermediate results of a step or a tabulation, except those of rows of the networks.
#[derive(Debug)]
struct Between {
    /// On the flow lattice.
    log_heat: wgpu::Buffer,
    ratio: wgpu::Buffer,
    regression_target: wgpu::Buffer,
    /// The other potential at the batch.
    other: wgpu::Buffer,
    /// Of both batches (slots, 2, B); by Monte Carlo.
    log_densities: wgpu::Buffer,
    /// log(a_i / 2πε) and the share of p_D of the source's nodes (slots, N); by quadrature.
    nodes: wgpu::Buffer,
}

/// Fields on the flow lattice (G, G).
#[derive(Debug)]
pub struct Fields {
    /// φ/ε of the averaged weights.
    pub u: wgpu::Buffer,
    /// Its transform φ^{c,ε}/ε.
    pub w: wgpu::Buffer,
    /// ψ/ε of the averaged weights.
    pub psi: wgpu::Buffer,
    /// `psi` with log 0 where ψ is not regressed.
    pub masked_psi: wgpu::Buffer,
    /// log H_ε[e^w]: with u it gives log ρ_0.
    pub heat_w: wgpu::Buffer,
}

impl Trainer {
    /// Networks with undefined weights, for steps of at most `max_steps` in one submission, on the kernels of any of `paths`.
    /// They are tabulated on `lattice`, or on one no finer that is [set](Self::set_lattice).
    ///
    /// # Panics
    /// When the settings are not [valid](Config::validate), or there is no path.
    pub fn new(
        gpu: &Gpu,
        kernels: &Kernels,
        paths: &[KernelPath],
        config: &Config,
        shape: &Shape,
        lattice: Lattice,
        max_steps: usize,
    ) -> Self {
        config.validate().unwrap_or_else(|sentence| panic!("{sentence}"));
        let training_rows = config.training_rows();
        let batches = max_steps * config.batch * if config.recipe == Recipe::MonteCarlo { 2 } else { 1 };
        let rows = training_rows.max(lattice.len());
        let draws = if config.recipe == Recipe::MonteCarlo { config.draws as u32 } else { 0 };
        let variant = paths.iter().find_map(|path| path.variant()).unwrap_or_default();
        let fused_partials = most_partials(config, variant.rows) as usize;
        let terms = config.evaluations_of_step() as usize;
        let size = Size { steps: max_steps, batch: batches, rows, training_rows, terms, fused_partials };
        let scratch = Scratch::new(gpu, shape, paths, size);
        let networks = NetworkBuffers::new(gpu, shape, variant.copies);
        let field = |label| storage(gpu, label, lattice.len());
        let fields = Fields {
            u: field("u"),
            w: field("w"),
            psi: field("psi"),
            masked_psi: field("masked psi"),
            heat_w: field("log H[e^w]"),
        };

        let targets = NODES[1] * NODES[1];
        let nodes = if config.recipe == Recipe::Quadrature { max_steps * config.source_count() } else { 1 };
        let between = Between {
            log_heat: field("log H[e^u]"),
            ratio: storage(gpu, "ratio", targets),
            regression_target: storage(gpu, "regression target", targets),
            // A dispatch for the batch alone ends at a multiple of a workgroup.
            other: storage(gpu, "other potential", config.batch.next_multiple_of(WORKGROUP as usize)),
            log_densities: storage(gpu, "log densities", batches),
            nodes: storage(gpu, "nodes", 2 * nodes),
        };
        let mut trainer = Self {
            gpu: gpu.clone(),
            kernels: kernels.clone(),
            shape: shape.clone(),
            recipe: config.recipe,
            draws,
            activation: config.activation,
            optimiser: config.optimiser,
            lattice,
            step_inputs: kernels.inputs::<StepUniform>("step", max_steps as u64),
            tabulation_inputs: kernels.inputs::<StepUniform>("tabulation", 1),
            networks,
            fields,
            scratch,
            between,
            paths: paths.to_vec(),
            step_plans: paths.iter().map(|_| OnceCell::new()).collect(),
            tabulation_plan: vec![],
        };
        trainer.tabulation_plan = trainer.plan_tabulation();
        trainer
    }

    /// φ and ψ on the kernels of a path.
    fn pair(&self, path: KernelPath) -> [Network<'_>; 2] {
        [Side::Phi, Side::Psi].map(|side| Network {
            kernels: &self.kernels,
            shape: &self.shape,
            activation: self.activation,
            buffers: &self.networks,
            scratch: &self.scratch,
            optimiser: self.optimiser,
            path,
            side,
        })
    }

    /// The path of that index.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn path(&self, index: usize) -> KernelPath {
        self.paths[index]
    }

    /// A step on the path of that index.
    pub(super) fn step_plan(&self, path: usize) -> &[Planned] {
        self.step_plans[path].get_or_init(|| self.plan_step(self.paths[path]))
    }

    fn plan_step(&self, path: KernelPath) -> Vec<Planned> {
        let Self { kernels, scratch: Scratch { batch, output, d_output, terms, .. }, .. } = self;
        let Between { ratio, regression_target, other, log_densities, nodes, .. } = &self.between;
        let [phi, psi] = self.pair(path);
        let mut plan = vec![];
        match self.recipe {
            Recipe::Quadrature => {
                plan.extend(phi.forward(Rows::Lattice, &self.networks.theta, output));
                let groups = |entry, buffers: [&wgpu::Buffer; 6], side, rows| {
                    (kernels.bind(entry, Default::default(), &buffers), DispatchSize::Groups(side, rows))
                };
                let bound = [output, batch, nodes, ratio, regression_target, terms];
                plan.push(groups("transform", bound, Side::Psi, TRANSFORM_NODES));
                let bound = [ratio, output, batch, nodes, d_output, terms];
                plan.push(groups("cotangent_phi", bound, Side::Phi, COTANGENT_NODES));
                match path {
                    KernelPath::PerLayer => {
                        plan.extend(phi.backward());
                        plan.extend(psi.regress_by_layers(regression_target));
                    }
                    KernelPath::Fused(variant) => plan.extend(phi.backward_of_both(variant, regression_target)),
                }
            }
            Recipe::MonteCarlo => {
                for (own, opposite) in [(phi, psi), (psi, phi)] {
                    plan.extend(opposite.forward_on_batch(Rows::Draws, other));
                    plan.extend(own.ascend(self.draws, other, log_densities));
                }
            }
        }
        plan
    }

    fn plan_tabulation(&self) -> Vec<Planned> {
        let Self { kernels, fields, between: Between { log_heat, .. }, .. } = self;
        let [phi, psi] = self.pair(self.paths[0]);
        let average = &self.networks.average;
        let mut plan = phi.forward(Rows::Lattice, average, &fields.u);
        plan.push(heat(kernels, &fields.u, log_heat));
        let masked = kernels.bind("masked_transform", Default::default(), &[log_heat, &fields.w]);
        plan.push((masked, DispatchSize::Rows(Side::Psi, 1)));
        plan.push(heat(kernels, &fields.w, &fields.heat_w));
        plan.extend(psi.forward(Rows::Lattice, average, &fields.psi));
        let mask = kernels.bind("mask", Default::default(), &[&fields.psi, &fields.masked_psi]);
        plan.push((mask, DispatchSize::Rows(Side::Psi, 1)));
        plan
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The flow lattice.
    pub fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    /// Sets the lattice of the tabulations that follow.
    ///
    /// # Panics
    /// When it is finer than the first.
    pub fn set_lattice(&mut self, lattice: &Lattice) {
        assert!(lattice.len() * size_of::<f32>() <= self.fields.u.size() as usize, "there is no room for this lattice");
        self.lattice = *lattice;
    }

    /// The tabulated potentials.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The weights of both networks, and the states of their optimisers.
    pub fn networks(&self) -> &NetworkBuffers {
        &self.networks
    }

    /// (J/ε, regression loss) of every step of the last submission (slots, 2); by Monte Carlo (J/ε, I/ε).
    pub fn losses(&self) -> &wgpu::Buffer {
        &self.scratch.losses
    }

    /// Sets the weights of φ and ψ.
    pub fn write(&self, snapshots: &[Snapshot; 2]) {
        self.networks.write(&self.gpu, snapshots);
    }

    /// Compiles the kernels for steps on the path of that index.
    pub fn compile(&self, path: usize) {
        self.step_plan(path);
    }

    /// Records these steps, on the path of that index; once per submission, because they share the slots of one buffer.
    pub fn encode_steps(&self, pass: &mut wgpu::ComputePass<'_>, steps: &[StepInputs], path: usize) {
        self.write_steps(steps);
        for (slot, step) in steps.iter().enumerate() {
            record(self.step_plan(path), pass, &self.step_inputs, slot as u32, &Counts::of_step(&step.points));
        }
    }

    /// Sends what steps need to the device.
    pub(super) fn write_steps(&self, steps: &[StepInputs]) {
        let uniforms: Vec<_> = steps.iter().zip(0..).map(|(step, slot)| StepUniform::new(step, slot)).collect();
        self.step_inputs.write(&self.gpu, &uniforms);
        let (mut batches, mut log_densities, mut nodes) = (vec![], vec![], vec![]);
        for step in steps {
            match &step.points {
                Points::Quadrature(points) => {
                    batches.extend_from_slice(&points.source.batch);
                    let shares = log_shares(&points.source, step.epsilon).zip(points.source.weights());
                    nodes.extend(shares.map(|(share, weight)| [share as f32, weight as f32]));
                }
                Points::MonteCarlo(points) => {
                    batches.extend(points.batches.iter().flatten());
                    log_densities.extend(points.log_densities.iter().flatten());
                }
            }
        }
        self.gpu.queue.write_buffer(&self.scratch.batch, 0, bytemuck::cast_slice::<[f32; 2], u8>(&batches));
        self.gpu.queue.write_buffer(&self.between.log_densities, 0, bytemuck::cast_slice::<f32, u8>(&log_densities));
        self.gpu.queue.write_buffer(&self.between.nodes, 0, bytemuck::cast_slice::<[f32; 2], u8>(&nodes));
    }

    /// Records the evaluation of the averaged potentials on the flow lattice.
    pub fn encode_tabulation(&self, pass: &mut wgpu::ComputePass<'_>, base: &[Quadratic; 2], epsilon: f64) {
        self.tabulation_inputs.write(&self.gpu, &[StepUniform::tabulation(base, &self.lattice, epsilon)]);
        record(&self.tabulation_plan, pass, &self.tabulation_inputs, 0, &Counts::of_lattice(&self.lattice));
    }
}

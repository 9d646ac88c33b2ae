//! A potential network on the GPU: its buffers, and the dispatches of its forward and backward pass.

use super::device::Gpu;
use super::kernel::{Dispatch, Kernels, storage};
use super::plan::{BOTH, DispatchSize, KernelPath, Planned, SUM_BLOCKS, groups_of_tile};
use super::uniforms::StageUniform;
use super::variant::{Variant, WeightPrecision};
use crate::checkpoint::{LearnerState, Snapshot};
use crate::config::{Activation, Optimiser};
use crate::limits::CHUNK_ROWS;
use crate::network::{HIDDEN, HIDDEN_LAYERS, Shape, Side};

/// The weights of both networks and the states of their optimisers, each (2, P): those of φ, then those of ψ.
#[derive(Clone, Debug)]
pub struct NetworkBuffers {
    /// (2, F).
    pub frequencies: wgpu::Buffer,
    /// The weights θ.
    pub theta: wgpu::Buffer,
    /// The running mean of the gradient, by Adam.
    pub first_moment: wgpu::Buffer,
    /// The running mean of its square.
    pub second_moment: wgpu::Buffer,
    /// The running mean of θ, which is what is shown and measured.
    pub average: wgpu::Buffer,
    /// Wᵀ of the second and the third hidden layer (2, 2, 64, 64), for the fused backward pass.
    pub transposed: wgpu::Buffer,
    copies: WeightPrecision,
    shape: Shape,
}

impl NetworkBuffers {
    /// Buffers with undefined weights.
    pub fn new(gpu: &Gpu, shape: &Shape, copies: WeightPrecision) -> Self {
        let vector = |label| storage(gpu, label, 2 * shape.len);
        Self {
            // A binding may not be empty.
            frequencies: storage(gpu, "frequencies", 2 * 2 * shape.fourier_features.max(1)),
            theta: vector("theta"),
            first_moment: vector("first moment"),
            second_moment: vector("second moment"),
            average: vector("average"),
            transposed: storage(gpu, "transposed", 2 * 2 * HIDDEN * HIDDEN),
            copies,
            shape: shape.clone(),
        }
    }

    /// The weights and the states of the optimisers.
    pub fn state(&self) -> LearnerState<&wgpu::Buffer> {
        let Self { theta, first_moment, second_moment, average, .. } = self;
        LearnerState { theta, first_moment, second_moment, average }
    }

    /// Sets the weights of φ and ψ.
    pub fn write(&self, gpu: &Gpu, snapshots: &[Snapshot; 2]) {
        for (snapshot, side) in snapshots.iter().zip(0..) {
            let write = |buffer, bytes: &[u8]| gpu.queue.write_buffer(buffer, side * bytes.len() as u64, bytes);
            write(&self.frequencies, bytemuck::cast_slice(&snapshot.frequencies));
            for (buffer, values) in self.state().into_array().into_iter().zip(snapshot.state.each_ref().into_array()) {
                write(buffer, bytemuck::cast_slice(values));
            }
            let transposed = transposed(&self.shape, &snapshot.state.theta);
            match self.copies {
                WeightPrecision::Single => write(&self.transposed, bytemuck::cast_slice(&transposed)),
                #[cfg(not(target_arch = "wasm32"))]
                WeightPrecision::Half => {
                    let half: Vec<u16> = transposed.iter().map(|&w| half::f16::from_f32(w).to_bits()).collect();
                    write(&self.transposed, bytemuck::cast_slice(&half));
                }
            }
        }
    }
}

/// Wᵀ of the second and the third hidden layer (2, 64, 64).
pub fn transposed(shape: &Shape, theta: &[f32]) -> Vec<f32> {
    let layers = shape.layers[1..].iter();
    let weights = layers.flat_map(|layer| {
        let place = |column, row| layer.offset + row * layer.outputs + column;
        (0..layer.outputs).flat_map(move |column| (0..layer.inputs).map(move |row| theta[place(column, row)]))
    });
    weights.collect()
}

/// Buffers for the passes of one network at a time; both networks and the tabulation share them.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// (slots, B); by Monte Carlo (slots, 2, B).
    pub batch: wgpu::Buffer,
    /// The network at each row of points.
    pub output: wgpu::Buffer,
    /// The derivative of the loss by each of them.
    pub d_output: wgpu::Buffer,
    /// Terms of a loss.
    pub terms: wgpu::Buffer,
    /// (slots, 2).
    pub losses: wgpu::Buffer,
    /// Parts of sums over rows, each of one workgroup.
    pub partials: wgpu::Buffer,
    /// (2, P).
    pub d_theta: wgpu::Buffer,
    /// For the per-layer path.
    layers: Option<Layers>,
}

/// Intermediate results of the per-layer path.
#[derive(Clone, Debug)]
struct Layers {
    points: wgpu::Buffer,
    features: wgpu::Buffer,
    hidden: [wgpu::Buffer; HIDDEN_LAYERS],
    slope: [wgpu::Buffer; HIDDEN_LAYERS],
    d_linear: [wgpu::Buffer; 2],
    /// Partial sums of a loss.
    blocks: wgpu::Buffer,
}

/// How large a [`Scratch`] is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Steps of a submission.
    pub steps: usize,
    /// Points of all their batches.
    pub batch: usize,
    /// Rows of a forward pass.
    pub rows: usize,
    /// Rows of a forward and a backward pass.
    pub training_rows: usize,
    /// Terms of a loss.
    pub terms: usize,
    /// Partial gradients of fused kernels.
    pub fused_partials: usize,
}

impl Scratch {
    /// For networks on any of these paths.
    pub fn new(gpu: &Gpu, shape: &Shape, paths: &[KernelPath], size: Size) -> Self {
        let layer = |label| storage(gpu, label, size.rows * HIDDEN);
        let backward = |label| storage(gpu, label, size.training_rows * HIDDEN);
        let partials = |path: &KernelPath| match path {
            KernelPath::PerLayer => size.training_rows.div_ceil(CHUNK_ROWS as usize),
            KernelPath::Fused(_) => size.fused_partials,
        };
        let partials = paths.iter().map(partials).max().expect("there is a path");
        Self {
            batch: storage(gpu, "batch", 2 * size.batch),
            output: storage(gpu, "output", size.rows),
            d_output: storage(gpu, "d_output", size.training_rows),
            terms: storage(gpu, "terms", size.terms),
            losses: storage(gpu, "losses", 2 * size.steps),
            partials: storage(gpu, "partials", partials * shape.len),
            d_theta: storage(gpu, "d_theta", 2 * shape.len),
            layers: paths.contains(&KernelPath::PerLayer).then(|| Layers {
                points: storage(gpu, "points", 2 * size.rows),
                features: storage(gpu, "features", size.rows * shape.inputs()),
                hidden: ["hidden 1", "hidden 2", "hidden 3"].map(layer),
                slope: ["slope 1", "slope 2", "slope 3"].map(layer),
                d_linear: ["d_linear even", "d_linear odd"].map(backward),
                blocks: storage(gpu, "blocks", SUM_BLOCKS as usize),
            }),
        }
    }
}

/// Binds the kernels of one network.
#[derive(Clone, Copy, Debug)]
pub struct Network<'a> {
    /// The compiled kernels.
    pub kernels: &'a Kernels,
    /// The shape of the network.
    pub shape: &'a Shape,
    /// Its activation function.
    pub activation: Activation,
    /// The weights of both networks.
    pub buffers: &'a NetworkBuffers,
    /// The buffers of one pass.
    pub scratch: &'a Scratch,
    /// What updates the weights.
    pub optimiser: Optimiser,
    /// Fused kernels, or a kernel a layer.
    pub path: KernelPath,
    /// Which of the networks, or both.
    pub side: Side,
}

/// Invocations for the draws around a point; a subgroup with more takes several points in turn.
const LANES: u32 = 8;

/// Where the rows of a network are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// The batch, then a lattice.
    Lattice,
    /// The own batch, then draws around the points of the other batch.
    Draws,
}

impl Network<'_> {
    fn stage(&self) -> StageUniform {
        StageUniform { side: self.side as u32, parameters: self.shape.len as u32, ..Default::default() }
    }

    fn layer_stage(&self, index: usize) -> StageUniform {
        let layer = self.shape.layers[index];
        StageUniform {
            inputs: layer.inputs as u32,
            outputs: layer.outputs as u32,
            offset: layer.offset as u32,
            activation: self.activation.code(),
            ..self.stage()
        }
    }

    fn readout_stage(&self) -> StageUniform {
        StageUniform {
            inputs: HIDDEN as u32,
            offset: self.shape.readout as u32,
            activation: self.activation.code(),
            ..self.stage()
        }
    }

    /// The same for kernels that read the weights: those of ψ come after those of φ.
    fn of_weights(&self, stage: StageUniform) -> StageUniform {
        StageUniform { offset: stage.offset + (self.side as usize * self.shape.len) as u32, ..stage }
    }

    /// The potential at every row, by the weights `theta`, to `output`.
    pub fn forward(&self, rows: Rows, theta: &wgpu::Buffer, output: &wgpu::Buffer) -> Vec<Planned> {
        match self.path {
            KernelPath::PerLayer => self.forward_by_layers(rows, theta, output),
            KernelPath::Fused(variant) => {
                let buffers = [theta, &self.scratch.batch, &self.buffers.frequencies, output];
                let pass = self.kernels.bind_variant(variant, "fused_forward", self.fused_stage(variant), &buffers);
                vec![(pass, DispatchSize::FusedTiles(self.side, variant.rows))]
            }
        }
    }

    /// The potential at the points of its batch, to `output`; the last workgroups also compute some rows after them.
    pub fn forward_on_batch(&self, rows: Rows, output: &wgpu::Buffer) -> Vec<Planned> {
        let plan = self.forward(rows, &self.buffers.theta, output);
        plan.into_iter().map(|(dispatch, extent)| (dispatch, extent.on_batch())).collect()
    }

    /// From `d_output` and the terms of the loss: the loss, the gradient, and one step of the optimiser.
    pub fn backward(&self) -> Vec<Planned> {
        match self.path {
            KernelPath::PerLayer => self.backward_by_layers(),
            KernelPath::Fused(variant) => {
                // This pass reads no regression target: any buffer fills its binding.
                let pass = self.fused_backward(variant, self.fused_stage(variant), &self.scratch.d_output);
                vec![(pass, DispatchSize::Partials(self.side, variant.rows)), self.update(variant)]
            }
        }
    }

    /// The same for φ and, side by side, one step of ψ by regression on `regression_target` (K); `self` may be either
    /// network.
    pub fn backward_of_both(&self, variant: Variant, regression_target: &wgpu::Buffer) -> [Planned; 2] {
        let stage = StageUniform { side: BOTH, ..self.fused_stage(variant) };
        let update = self.bind_update(variant, stage);
        [
            (self.fused_backward(variant, stage, regression_target), DispatchSize::PartialsOfBoth(variant.rows)),
            (update, DispatchSize::Fixed(2 * self.shape.len as u32 / 4)),
        ]
    }

    fn fused_backward(&self, variant: Variant, stage: StageUniform, regression_target: &wgpu::Buffer) -> Dispatch {
        let Scratch { batch, d_output, terms, partials, .. } = self.scratch;
        let NetworkBuffers { theta, transposed, frequencies, .. } = self.buffers;
        let bound = [theta, transposed, batch, frequencies, d_output, terms, regression_target, partials];
        self.kernels.bind_variant(variant, "fused_backward", stage, &bound)
    }

    /// One step by Monte Carlo, with the `other` potential and the log densities at the centres of the draws.
    pub fn ascend(&self, draws: u32, other: &wgpu::Buffer, log_densities: &wgpu::Buffer) -> Vec<Planned> {
        let Self { scratch, buffers, side, .. } = *self;
        let Scratch { batch, output, d_output, terms, partials, .. } = scratch;
        let NetworkBuffers { theta, transposed, frequencies, .. } = buffers;
        match self.path {
            KernelPath::Fused(variant) if groups_of_tile(draws, variant.rows) > 0 => {
                let bound = [theta, transposed, batch, frequencies, other, log_densities, partials];
                let pass = self.kernels.bind_variant(variant, "fused_groups", self.fused_stage(variant), &bound);
                vec![(pass, DispatchSize::Partials(side, variant.rows)), self.update(variant)]
            }
            _ => {
                let mut plan = self.forward(Rows::Draws, theta, output);
                let bound = [output, other, log_densities, d_output, terms];
                let (kernel, each) =
                    if self.kernels.subgroups { ("cotangent_subgroups", LANES) } else { ("cotangent_monte_carlo", 1) };
                plan.push((self.kernels.bind(kernel, self.stage(), &bound), DispatchSize::Batch(each)));
                plan.extend(self.backward());
                plan
            }
        }
    }

    fn fused_stage(&self, variant: Variant) -> StageUniform {
        StageUniform {
            inputs: self.shape.inputs() as u32,
            features: self.shape.fourier_features as u32,
            activation: self.activation.code(),
            tile_rows: variant.rows.count(),
            ..self.stage()
        }
    }

    /// From the partial gradients of a fused pass to new weights.
    fn update(&self, variant: Variant) -> Planned {
        (self.bind_update(variant, self.fused_stage(variant)), DispatchSize::Fixed(self.shape.len as u32 / 4))
    }

    fn bind_update(&self, variant: Variant, stage: StageUniform) -> Dispatch {
        let Scratch { partials, losses, d_theta, .. } = self.scratch;
        let NetworkBuffers { theta, first_moment, second_moment, average, transposed, .. } = self.buffers;
        let bind = |entry, bound: &[&wgpu::Buffer]| self.kernels.bind_variant(variant, entry, stage, bound);
        match self.optimiser {
            Optimiser::Adam => bind(
                "update_adam",
                &[partials, losses, d_theta, theta, first_moment, second_moment, average, transposed],
            ),
            Optimiser::Sgd => bind("update_sgd", &[partials, losses, d_theta, theta, average, transposed]),
        }
    }
}

/// The per-layer path: a kernel for each layer and direction.
impl Network<'_> {
    /// The input of a hidden layer.
    fn input(layers: &Layers, index: usize) -> &wgpu::Buffer {
        if index == 0 { &layers.features } else { &layers.hidden[index - 1] }
    }

    fn layers(&self) -> &Layers {
        self.scratch.layers.as_ref().expect("there is room for the per-layer path")
    }

    fn forward_by_layers(&self, rows: Rows, theta: &wgpu::Buffer, output: &wgpu::Buffer) -> Vec<Planned> {
        let Self { kernels, scratch, side, .. } = *self;
        let layers = self.layers();
        let inputs = self.shape.inputs() as u32;
        let features_stage = StageUniform { inputs, features: self.shape.fourier_features as u32, ..self.stage() };
        let points = match rows {
            Rows::Lattice => "points_of_rows",
            Rows::Draws => "points_of_draws",
        };
        let mut plan = vec![
            (kernels.bind(points, self.stage(), &[&scratch.batch, &layers.points]), DispatchSize::Rows(side, 1)),
            (
                kernels.bind(
                    "features_of_points",
                    features_stage,
                    &[&layers.points, &self.buffers.frequencies, &layers.features],
                ),
                DispatchSize::Rows(side, features_stage.features + 1),
            ),
        ];
        for index in 0..HIDDEN_LAYERS {
            let (stage, hidden) = (self.layer_stage(index), &layers.hidden[index]);
            let buffers = [theta, Self::input(layers, index), hidden];
            plan.push((
                kernels.bind("linear", self.of_weights(stage), &buffers),
                DispatchSize::Tiles(side, stage.outputs / 16),
            ));
            if self.activation == Activation::Silu {
                let silu = kernels.bind("silu", stage, &[hidden, &layers.slope[index]]);
                plan.push((silu, DispatchSize::Rows(side, stage.outputs / 4)));
            }
        }
        let buffers = [theta, &layers.points, &layers.hidden[HIDDEN_LAYERS - 1], output];
        plan.push((
            kernels.bind("readout", self.of_weights(self.readout_stage()), &buffers),
            DispatchSize::Rows(side, 1),
        ));
        plan
    }

    fn backward_by_layers(&self) -> Vec<Planned> {
        let Self { kernels, scratch, side, .. } = *self;
        let layers = self.layers();
        let theta = &self.buffers.theta;
        let last = HIDDEN_LAYERS - 1;
        let d_linear = |index: usize| &layers.d_linear[index % 2];
        // Except for SiLU, the sign of the hidden units gives the slope.
        let slope = |index: usize| match self.activation {
            Activation::Relu | Activation::LeakyRelu => &layers.hidden[index],
            Activation::Silu => &layers.slope[index],
        };
        let Scratch { d_output, partials, .. } = scratch;
        let buffers = [theta, d_output, &layers.hidden[last], slope(last), d_linear(last), partials];
        let back = kernels.bind("readout_backward", self.of_weights(self.readout_stage()), &buffers);
        let mut plan = self.sum(layers).to_vec();
        plan.push((back, DispatchSize::Chunks(side, HIDDEN as u32 / 4)));
        for index in (0..HIDDEN_LAYERS).rev() {
            let stage = self.layer_stage(index);
            let blocks = stage.inputs.div_ceil(16);
            let buffers = [Self::input(layers, index), d_linear(index), partials];
            let gradient = kernels.bind("gradient", stage, &buffers);
            plan.push((gradient, DispatchSize::Chunks(side, blocks * (stage.outputs / 16))));
            if index > 0 {
                let buffers = [theta, d_linear(index), slope(index - 1), d_linear(index - 1)];
                plan.push((
                    kernels.bind("linear_backward", self.of_weights(stage), &buffers),
                    DispatchSize::Tiles(side, blocks),
                ));
            }
        }
        let all = DispatchSize::Fixed(self.shape.len as u32 / 4);
        plan.push((kernels.bind("reduce", self.of_weights(self.stage()), &[partials, &scratch.d_theta]), all));
        let LearnerState { theta, first_moment, second_moment, average } = self.buffers.state();
        let step = match self.optimiser {
            Optimiser::Adam => kernels.bind(
                "adam",
                self.of_weights(self.stage()),
                &[&scratch.d_theta, theta, first_moment, second_moment, average],
            ),
            Optimiser::Sgd => kernels.bind("sgd", self.of_weights(self.stage()), &[&scratch.d_theta, theta, average]),
        };
        plan.push((step, all));
        plan
    }

    /// One step of ψ by regression on `regression_target` (K).
    pub fn regress_by_layers(&self, regression_target: &wgpu::Buffer) -> Vec<Planned> {
        let Self { kernels, scratch, buffers, side, .. } = *self;
        let Scratch { output, d_output, terms, .. } = scratch;
        let mut plan = self.forward(Rows::Lattice, &buffers.theta, output);
        let bound = [output, regression_target, d_output, terms];
        plan.push((kernels.bind("cotangent_psi", self.stage(), &bound), DispatchSize::Rows(side, 1)));
        plan.extend(self.backward_by_layers());
        plan
    }

    /// The sum of the terms of the loss, in two stages.
    fn sum(&self, layers: &Layers) -> [Planned; 2] {
        let Layers { blocks, .. } = layers;
        let bind = |entry, buffers: [&wgpu::Buffer; 2]| self.kernels.bind(entry, self.stage(), &buffers);
        [
            (bind("sum_blocks", [&self.scratch.terms, blocks]), DispatchSize::Fixed(SUM_BLOCKS)),
            (bind("sum_total", [blocks, &self.scratch.losses]), DispatchSize::Fixed(1)),
        ]
    }
}

//! A potential network on the GPU: its buffers, and the dispatches of its forward and backward pass.

use super::Gpu;
use super::kernel::{Kernels, storage};
use super::plan::{CHUNK_ROWS, Extent, Planned, Side};
use super::uniforms::StageUniform;
use crate::config::{Activation, Optimiser};
use crate::network::{HIDDEN, HIDDEN_LAYERS, Shape, Snapshot};

/// The weights of one network and the state of its optimiser, each of the length of `theta`.
#[derive(Clone, Debug)]
pub struct NetworkBuffers {
    pub frequencies: wgpu::Buffer,
    pub theta: wgpu::Buffer,
    pub moment: wgpu::Buffer,
    pub square: wgpu::Buffer,
    pub average: wgpu::Buffer,
}

impl NetworkBuffers {
    pub fn new(gpu: &Gpu, shape: &Shape) -> Self {
        let vector = |label| storage(gpu, label, shape.len);
        Self {
            // A binding may not be empty.
            frequencies: storage(gpu, "frequencies", 2 * shape.fourier_features.max(1)),
            theta: vector("theta"),
            moment: vector("moment"),
            square: vector("square"),
            average: vector("average"),
        }
    }

    /// The four vectors, in the order of a [`Snapshot`].
    pub fn vectors(&self) -> [&wgpu::Buffer; 4] {
        [&self.theta, &self.moment, &self.square, &self.average]
    }

    pub fn write(&self, gpu: &Gpu, snapshot: &Snapshot) {
        gpu.queue.write_buffer(&self.frequencies, 0, bytemuck::cast_slice(&snapshot.frequencies));
        for (buffer, values) in self.vectors().into_iter().zip(&snapshot.vectors) {
            gpu.queue.write_buffer(buffer, 0, bytemuck::cast_slice(values));
        }
    }
}

/// Room for the passes of one network at a time; both networks and the recovery share it.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// (slots, B); by Monte Carlo (slots, 2, B).
    pub batch: wgpu::Buffer,
    pub points: wgpu::Buffer,
    pub features: wgpu::Buffer,
    pub hidden: [wgpu::Buffer; HIDDEN_LAYERS],
    pub slope: [wgpu::Buffer; HIDDEN_LAYERS],
    pub output: wgpu::Buffer,
    pub d_output: wgpu::Buffer,
    pub d_linear: [wgpu::Buffer; 2],
    pub partials: wgpu::Buffer,
    pub d_theta: wgpu::Buffer,
}

impl Scratch {
    /// `batch` points for all steps of a submission; `rows` forward, of which `training_rows` also backward.
    pub fn new(gpu: &Gpu, shape: &Shape, batch: usize, rows: usize, training_rows: usize) -> Self {
        let layer = |label| storage(gpu, label, rows * HIDDEN);
        let backward = |label| storage(gpu, label, training_rows * HIDDEN);
        Self {
            batch: storage(gpu, "batch", 2 * batch),
            points: storage(gpu, "points", 2 * rows),
            features: storage(gpu, "features", rows * shape.inputs()),
            hidden: ["hidden 1", "hidden 2", "hidden 3"].map(layer),
            slope: ["slope 1", "slope 2", "slope 3"].map(layer),
            output: storage(gpu, "output", rows),
            d_output: storage(gpu, "d_output", training_rows),
            d_linear: ["d_linear even", "d_linear odd"].map(backward),
            partials: storage(gpu, "partials", training_rows.div_ceil(CHUNK_ROWS as usize) * shape.len),
            d_theta: storage(gpu, "d_theta", shape.len),
        }
    }
}

/// Binds the kernels of one network.
#[derive(Clone, Copy, Debug)]
pub struct Network<'a> {
    pub kernels: &'a Kernels,
    pub shape: &'a Shape,
    pub activation: Activation,
    pub buffers: &'a NetworkBuffers,
    pub scratch: &'a Scratch,
    pub optimiser: Optimiser,
    pub side: Side,
}

/// Where the rows of a network are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// On a lattice, after the batch.
    Lattice,
    /// Around the points of the other batch, after the own one.
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
        StageUniform { inputs: HIDDEN as u32, offset: self.shape.readout as u32, ..self.stage() }
    }

    /// The input of a hidden layer.
    fn input(&self, index: usize) -> &wgpu::Buffer {
        if index == 0 { &self.scratch.features } else { &self.scratch.hidden[index - 1] }
    }

    /// The potential at every row, by the weights `theta`, to `output`.
    pub fn forward(&self, rows: Rows, theta: &wgpu::Buffer, output: &wgpu::Buffer) -> Vec<Planned> {
        let Self { kernels, scratch, side, .. } = *self;
        let inputs = self.shape.inputs() as u32;
        let features_stage = StageUniform { inputs, features: self.shape.fourier_features as u32, ..self.stage() };
        let points = match rows {
            Rows::Lattice => "points_of_rows",
            Rows::Draws => "points_of_draws",
        };
        let mut plan = vec![
            (kernels.bind(points, self.stage(), &[&scratch.batch, &scratch.points]), Extent::Rows(side, 1)),
            (
                kernels.bind(
                    "features_of_points",
                    features_stage,
                    &[&scratch.points, &self.buffers.frequencies, &scratch.features],
                ),
                Extent::Rows(side, inputs),
            ),
        ];
        for index in 0..HIDDEN_LAYERS {
            let buffers = [theta, self.input(index), &scratch.hidden[index], &scratch.slope[index]];
            let tiles = self.shape.layers[index].outputs as u32 / 4;
            plan.push((kernels.bind("linear", self.layer_stage(index), &buffers), Extent::Tiles(side, tiles)));
        }
        let buffers = [theta, &scratch.points, &scratch.hidden[HIDDEN_LAYERS - 1], output];
        plan.push((kernels.bind("readout", self.readout_stage(), &buffers), Extent::Rows(side, 1)));
        plan
    }

    /// The potential at the points of its batch, to `output`; the dispatches end a little past them, at other rows.
    pub fn forward_on_batch(&self, rows: Rows, output: &wgpu::Buffer) -> Vec<Planned> {
        let plan = self.forward(rows, &self.buffers.theta, output);
        plan.into_iter().map(|(dispatch, extent)| (dispatch, extent.on_batch())).collect()
    }

    /// From `d_output` to the gradient, and one step of the optimiser.
    pub fn backward(&self) -> Vec<Planned> {
        let Self { kernels, scratch, side, .. } = *self;
        let theta = &self.buffers.theta;
        let last = HIDDEN_LAYERS - 1;
        let quarter = HIDDEN as u32 / 4;
        let d_linear = |index: usize| &scratch.d_linear[index % 2];
        let buffers = [&scratch.hidden[last], &scratch.d_output, &scratch.partials];
        let gradient = kernels.bind("readout_gradient", self.readout_stage(), &buffers);
        let buffers = [theta, &scratch.d_output, &scratch.slope[last], d_linear(last)];
        let back = kernels.bind("readout_backward", self.readout_stage(), &buffers);
        let mut plan = vec![(gradient, Extent::Chunks(side, quarter + 1)), (back, Extent::Rows(side, quarter))];
        for index in (0..HIDDEN_LAYERS).rev() {
            let layer = self.shape.layers[index];
            let buffers = [self.input(index), d_linear(index), &scratch.partials];
            let tiles = (layer.inputs / 4 * (layer.outputs / 16)) as u32;
            plan.push((kernels.bind("gradient", self.layer_stage(index), &buffers), Extent::Chunks(side, tiles)));
            if index > 0 {
                let buffers = [theta, d_linear(index), &scratch.slope[index - 1], d_linear(index - 1)];
                let back = kernels.bind("linear_backward", self.layer_stage(index), &buffers);
                plan.push((back, Extent::Tiles(side, layer.inputs as u32 / 4)));
            }
        }
        let all = Extent::Fixed(self.shape.len as u32 / 4);
        plan.push((kernels.bind("reduce", self.stage(), &[&scratch.partials, &scratch.d_theta]), all));
        let [theta, moment, square, average] = self.buffers.vectors();
        let step = match self.optimiser {
            Optimiser::Adam => kernels.bind("adam", self.stage(), &[&scratch.d_theta, theta, moment, square, average]),
            Optimiser::Sgd => kernels.bind("sgd", self.stage(), &[&scratch.d_theta, theta, average]),
        };
        plan.push((step, all));
        plan
    }
}

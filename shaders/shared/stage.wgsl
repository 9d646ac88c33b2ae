// What one dispatch works on. Mirrored by `StageUniform` in Rust; constant for a bind group.
struct Stage {
    side: u32,              // 0: φ on the batch and the source lattice, or on the draws; 1: ψ on the target lattice, or the draws;
                            // 2: both
    activation: u32,        // 0: ReLU; LEAKY_RELU; SILU
    inputs: u32,
    outputs: u32,
    offset: u32,            // of a layer in the weights of a network, or in those of both
    features: u32,          // Fourier features
    parameters: u32,        // P, the weights of a network
    tile_rows: u32,         // of a fused kernel
}

@group(1) @binding(0) var<uniform> stage: Stage;

const LEAKY_RELU: u32 = 1u;
const SILU: u32 = 2u;
const LEAK: f32 = 0.01;

// Slope below 0 of ReLU and leaky ReLU.
fn leak() -> f32 {
    return select(0.0, LEAK, stage.activation == LEAKY_RELU);
}

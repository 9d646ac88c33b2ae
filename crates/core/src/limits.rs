//! Sizes that every device allows: WebGPU's default limits.

/// Most numbers in a storage buffer.
pub const MAX_NUMBERS: usize = (128 << 20) / 4;
/// Most invocations of a dispatch.
pub const MAX_INVOCATIONS: usize = 65_535 * 64;

/// Rows whose weight gradients one invocation sums; the same number as in partials.wgsl.
pub const CHUNK_ROWS: u32 = 128;

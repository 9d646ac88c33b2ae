// How fused kernels share the rows of a network: tiles of 32, and in a backward pass at most so many workgroups, each with a
// partial gradient.

const FUSED_ROWS: u32 = 32u;
const PARTIALS: u32 = 256u;

fn tile_count() -> u32 {
    return (row_count(stage.side) + FUSED_ROWS - 1u) / FUSED_ROWS;
}

fn partial_count() -> u32 {
    return min(tile_count(), PARTIALS);
}

// How fused kernels share the rows of a network: tiles of 32, and in a backward pass at most so many workgroups, each with a
// partial gradient. Twin: Counts::fused_tiles.

const FUSED_ROWS: u32 = 32u;
const PARTIALS: u32 = 256u;

// Groups of draws in a tile, where whole ones fill it well: then each softmax stays in a workgroup. Otherwise 0, and rows
// are taken as they come.
fn groups_of_tile() -> u32 {
    let groups = FUSED_ROWS / max(step_inputs.draws, 1u);
    return select(0u, groups, 4u * groups * step_inputs.draws >= 3u * FUSED_ROWS);
}

// Tiles of the batch, which come before those of groups.
fn batch_tiles() -> u32 {
    return (step_inputs.batch + FUSED_ROWS - 1u) / FUSED_ROWS;
}

fn tile_count() -> u32 {
    let groups = groups_of_tile();
    if (groups > 0u) {
        return batch_tiles() + (step_inputs.batch + groups - 1u) / groups;
    }
    return (row_count(stage.side) + FUSED_ROWS - 1u) / FUSED_ROWS;
}

// The i-th row of a tile; where it has none, the number of rows.
fn row_of(tile: u32, i: u32) -> u32 {
    let rows = row_count(stage.side);
    let groups = groups_of_tile();
    if (groups == 0u) {
        return min(FUSED_ROWS * tile + i, rows);
    }
    if (tile < batch_tiles()) {
        let row = FUSED_ROWS * tile + i;
        return select(rows, row, row < step_inputs.batch);
    }
    let size = groups * step_inputs.draws;
    let row = step_inputs.batch + size * (tile - batch_tiles()) + i;
    return select(rows, min(row, rows), i < size);
}

fn partial_count() -> u32 {
    return min(tile_count(), PARTIALS);
}

// How fused kernels divide the rows of a network: into tiles of 32 or 64, and in a backward pass among at most PARTIALS
// workgroups, each with a partial gradient. Twins: Counts::fused_tiles, Counts::partials.

const PARTIALS: u32 = 256u;
const BOTH: u32 = 2u; // stage.side of a dispatch for both networks: first the workgroups of φ, then those of ψ

// How many whole groups of draws a tile has, if they fill three quarters of it: then each softmax stays in a workgroup.
// Otherwise 0, and tiles may divide groups.
fn groups_of_tile() -> u32 {
    let groups = stage.tile_rows / max(step_inputs.draws, 1u);
    return select(0u, groups, 4u * groups * step_inputs.draws >= 3u * stage.tile_rows);
}

// Tiles of the batch, which come before those of groups.
fn batch_tiles() -> u32 {
    return (step_inputs.batch + stage.tile_rows - 1u) / stage.tile_rows;
}

fn tile_count(side: u32) -> u32 {
    let groups = groups_of_tile();
    if (groups > 0u) {
        return batch_tiles() + (step_inputs.batch + groups - 1u) / groups;
    }
    return (row_count(side) + stage.tile_rows - 1u) / stage.tile_rows;
}

// The i-th row of a tile, as a row of the network; if the tile has none, the number of rows of the network.
fn row_of(side: u32, tile: u32, i: u32) -> u32 {
    let rows = row_count(side);
    let groups = groups_of_tile();
    if (groups == 0u) {
        return min(stage.tile_rows * tile + i, rows);
    }
    if (tile < batch_tiles()) {
        let row = stage.tile_rows * tile + i;
        return select(rows, row, row < step_inputs.batch);
    }
    let size = groups * step_inputs.draws;
    let row = step_inputs.batch + size * (tile - batch_tiles()) + i;
    return select(rows, min(row, rows), i < size);
}

fn partial_count(side: u32) -> u32 {
    return min(tile_count(side), PARTIALS);
}

// Which network has this index in a dispatch; and the number of the first partial gradient of a network.
fn side_of(index: u32) -> u32 {
    return select(stage.side, index, stage.side == BOTH);
}

fn first_partial(side: u32) -> u32 {
    return select(0u, partial_count(0u), stage.side == BOTH && side == 1u);
}

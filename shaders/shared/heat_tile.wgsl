// How a heat pass is shared: a workgroup takes 8 rows and 8 queries, and of each row 64 nodes at a time.

const HEAT_SIDE: u32 = 8u;
const HEAT_NODES: u32 = 64u;
const HEAT_VALUES: u32 = 520u; // a row is one longer than its nodes: rows begin in different banks

struct HeatTile {
    first_row: u32,
    row: u32,               // behind it
    query: u32,
    inside: bool,           // whether there are such a row and query
}

// Neighbours have the same query and write side by side.
fn heat_tile(group: u32, thread: u32, rows: u32, queries: u32) -> HeatTile {
    let across = (queries + HEAT_SIDE - 1u) / HEAT_SIDE;
    let first_row = group / across * HEAT_SIDE;
    let row = thread % HEAT_SIDE;
    let query = group % across * HEAT_SIDE + thread / HEAT_SIDE;
    return HeatTile(first_row, row, query, first_row + row < rows && query < queries);
}

fn heat_place(row: u32, node: u32) -> u32 {
    return row * (HEAT_NODES + 1u) + node;
}

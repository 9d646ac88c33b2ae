// For kernels whose workgroups take one line of a lattice each.

const LINE_WORKERS: u32 = 64u;
const MOST_NODES: u32 = 324u; // along an axis

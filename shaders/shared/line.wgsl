// How lines of a lattice are shared: a workgroup takes one.

const LINE_WORKERS: u32 = 64u;
const MOST_NODES: u32 = 324u; // along an axis

// Tiles of 64 rows, for 32 KiB of workgroup memory: weights are read half as often.

const ROW_GROUPS: u32 = 16u; // invocations side by side along the rows of a tile, four rows each

// Tiles of 32 rows: two of them fill the 16 KiB of workgroup memory that every adapter has.

const ROW_GROUPS: u32 = 8u; // invocations side by side along the rows of a tile, four rows each

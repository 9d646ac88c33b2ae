// Partial gradients: one vector of theta's length for every chunk of rows.

const CHUNK_ROWS: u32 = 128u;

// Where a chunk's vector starts in an array of vec4f.
fn partial_place(chunk: u32) -> u32 {
    return chunk * (stage.parameters / 4u);
}

// The position of a node of the source, in a kernel that binds the batches (slots, B): first the batch, then the
// lattice.
fn source_node(i: u32) -> vec2f {
    let size = step_inputs.batch;
    if (i < size) {
        return batch[step_inputs.slot * size + i];
    }
    return source_point(i - size);
}

// Random numbers without a state, each a function of a seed and of its number. Twin: random.rs.

// Hashes four integers to four (PCG4D); all arithmetic is modulo 2^32.
fn hash(seed: vec4u) -> vec4u {
    return hash_round(hash_round(seed * 1664525u + 1013904223u));
}

fn hash_round(v: vec4u) -> vec4u {
    let x = v.x + v.y * v.w;
    let y = v.y + v.z * x;
    let z = v.z + x * y;
    let w = v.w + y * z;
    let mixed = vec4u(x, y, z, w);
    return mixed ^ (mixed >> vec4u(16u));
}

// A uniform number in (0, 1) from the upper 23 bits, (bits + 1/2) / 2^23, without rounding.
fn uniform_of(bits: u32) -> f32 {
    return (f32(bits >> 9u) + 0.5) / 8388608.0;
}

// Two independent standard Normal numbers (Box-Muller): number `index` of a stream. Some adapters compute
// a positive logarithm for a number just below 1; the radius is then 0.
fn normal_pair(seed: vec2u, stream: u32, index: u32) -> vec2f {
    let bits = hash(vec4u(index, stream, seed));
    let radius = sqrt(max(-2.0 * safe_log(uniform_of(bits.x)), 0.0));
    let angle = 6.2831853 * (uniform_of(bits.y) - 0.5);
    return radius * vec2f(cos(angle), sin(angle));
}

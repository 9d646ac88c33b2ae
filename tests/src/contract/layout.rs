//! Uniform structs and constants, which are defined both in WGSL and in Rust.

use super::Shader;
use flowsketch_core::config::{ADAM_FLOOR, Activation, LEAK};
use flowsketch_core::gpu::ViewUniform;
use flowsketch_core::gpu::plan::{BOTH, PARTIALS, SUM_BLOCKS, TILE_ROWS};
use flowsketch_core::gpu::table::{COTANGENT_NODES, TRANSFORM_NODES, WORKGROUP};
use flowsketch_core::gpu::uniforms::{FlowTimeUniform, ParticleStepUniform, StageUniform, StepUniform};
use flowsketch_core::gpu::variant::{Registers, Variant};
use flowsketch_core::heat::flow::STEP_OF_MASK;
use flowsketch_core::lattice::TARGET_MASK;
use flowsketch_core::limits::CHUNK_ROWS;
use flowsketch_core::measure::{DENSITY_COUNT, NATS_TO_FLOOR};
use flowsketch_core::network::{HIDDEN, INPUT_SCALE};
use flowsketch_core::numeric::LOG_ZERO;
use naga::{AddressSpace, ArraySize, Literal, Scalar, TypeInner, VectorSize};
use std::mem::offset_of;

/// A member of a uniform struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    /// Name of the type in WGSL.
    pub ty: String,
    /// Bytes.
    pub offset: usize,
    /// Bytes.
    pub size: usize,
}

/// A uniform struct, as Rust has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// Name of the struct in WGSL.
    pub name: &'static str,
    pub fields: Vec<Field>,
    /// Bytes.
    pub size: usize,
}

/// A Rust type that a uniform struct may hold: only types whose layout is the same in WGSL.
trait Mirrored {
    fn wgsl(&self) -> String;
}

macro_rules! mirrored {
    ($($rust:ty = $wgsl:literal),*) => {
        $(impl Mirrored for $rust {
            fn wgsl(&self) -> String {
                $wgsl.into()
            }
        })*
    };
}

mirrored!(f32 = "f32", u32 = "u32", [f32; 2] = "vec2f", [f32; 4] = "vec4f");

impl<const N: usize> Mirrored for [[f32; 4]; N] {
    fn wgsl(&self) -> String {
        format!("array<vec4f, {N}>")
    }
}

/// The layout of a Rust struct. If a field is not listed, this does not compile. After the semicolon come the fields
/// that correspond to implicit padding at the end of the WGSL struct.
macro_rules! mirror {
    ($name:literal = $rust:ident { $($field:ident),* $(; $padding:ident)? }) => {{
        let $rust { $($field,)* $($padding: _)? } = $rust::default();
        let fields = vec![$(Field {
            name: stringify!($field).into(),
            ty: $field.wgsl(),
            offset: offset_of!($rust, $field),
            size: size_of_val(&$field),
        }),*];
        Mirror { name: $name, fields, size: size_of::<$rust>() }
    }};
}

/// The Rust mirrors of all uniform structs.
pub fn mirrors() -> Vec<Mirror> {
    vec![
        mirror!(
            "Step" = StepUniform {
                base_phi,
                base_psi,
                base_slopes,
                source_origin,
                target_origin,
                source_spacing,
                target_spacing,
                source_count,
                target_count,
                batch,
                epsilon,
                log_target_sum,
                log_normaliser,
                tempered_share,
                log_tempered_sum,
                learning_rate,
                first_moment_decay,
                second_moment_decay,
                first_bias_correction,
                second_bias_correction,
                average_decay,
                slot,
                draws,
                seed_low,
                seed_high,
                penalty;
                padding
            }
        ),
        mirror!("Stage" = StageUniform { side, activation, inputs, outputs, offset, features, parameters, tile_rows }),
        mirror!("FlowTime" = FlowTimeUniform { variances, log_normalisers, spacing, epsilon, count, differences }),
        mirror!(
            "ParticleStep" = ParticleStepUniform {
                origin,
                roots,
                spacing,
                epsilon,
                count,
                particles,
                frame,
                backwards,
                seed_low,
                seed_high
            }
        ),
        mirror!(
            "View" = ViewUniform {
                colours, range, size, origin, spacing, count, half_width, arrow_count, arrow_time, difference; padding
            }
        ),
    ]
}

/// The WGSL name of a type that a uniform struct may hold; of other types naga's name.
fn describe(module: &naga::Module, inner: &TypeInner) -> String {
    match *inner {
        TypeInner::Scalar(Scalar::F32) => "f32".into(),
        TypeInner::Scalar(Scalar::U32) => "u32".into(),
        TypeInner::Vector { size: VectorSize::Bi, scalar: Scalar::F32 } => "vec2f".into(),
        TypeInner::Vector { size: VectorSize::Quad, scalar: Scalar::F32 } => "vec4f".into(),
        TypeInner::Array { base, size: ArraySize::Constant(count), .. } => {
            format!("array<{}, {count}>", describe(module, &module.types[base].inner))
        }
        ref other => format!("{other:?}"),
    }
}

/// The types of the uniform variables of a shader.
fn uniforms(shader: &Shader) -> impl Iterator<Item = &naga::Type> {
    let variables = shader.module.global_variables.iter().map(|(_, variable)| variable);
    let uniform = variables.filter(|variable| variable.space == AddressSpace::Uniform);
    uniform.map(|variable| &shader.module.types[variable.ty])
}

/// Differences between the uniform structs of a shader and their mirrors.
pub fn layout_failures(shader: &Shader, mirrors: &[Mirror]) -> Vec<String> {
    let module = &shader.module;
    let mut failures = Vec::new();
    for ty in uniforms(shader) {
        let name = ty.name.as_deref().unwrap_or_default();
        let Some(mirror) = mirrors.iter().find(|mirror| mirror.name == name) else {
            failures.push(format!("{}: the uniform {name} has no mirror", shader.name));
            continue;
        };
        let TypeInner::Struct { members, span } = &ty.inner else {
            failures.push(format!("{}: the uniform {name} is no struct", shader.name));
            continue;
        };
        let members: Vec<Field> = members
            .iter()
            .map(|member| Field {
                name: member.name.clone().unwrap_or_default(),
                ty: describe(module, &module.types[member.ty].inner),
                offset: member.offset as usize,
                size: module.types[member.ty].inner.size(module.to_ctx()) as usize,
            })
            .collect();
        for index in 0..members.len().max(mirror.fields.len()) {
            let (wgsl, rust) = (members.get(index), mirror.fields.get(index));
            if wgsl != rust {
                failures.push(format!("{name}, member {index}: WGSL has {wgsl:?}, Rust has {rust:?}"));
            }
        }
        if *span as usize != mirror.size {
            failures.push(format!("{name}: {span} bytes in WGSL, {} in Rust", mirror.size));
        }
    }
    failures
}

/// The mirrors of structs that no shader has as a uniform.
pub fn unused_mirrors(shaders: &[Shader], mirrors: &[Mirror]) -> Vec<String> {
    let is_used = |mirror: &Mirror| {
        shaders.iter().flat_map(uniforms).any(|ty| ty.name.as_deref().is_some_and(|name| name == mirror.name))
    };
    let unused = mirrors.iter().filter(|mirror| !is_used(mirror));
    unused.map(|mirror| format!("{}: no shader has this uniform", mirror.name)).collect()
}

/// The value of a constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    F32(f32),
    U32(u32),
}

/// The constants that are defined both in WGSL and in Rust. Those of the fused kernels are listed once for each size of
/// tiles and registers.
pub fn constants() -> Vec<(&'static str, Number)> {
    let single = |value: f64| Number::F32(value as f32);
    let once = vec![
        ("CHUNK_ROWS", Number::U32(CHUNK_ROWS)),
        ("TILE_ROWS", Number::U32(TILE_ROWS)),
        ("PARTIALS", Number::U32(PARTIALS)),
        ("BOTH", Number::U32(BOTH)),
        ("LEAKY_RELU", Number::U32(Activation::LeakyRelu.code())),
        ("SILU", Number::U32(Activation::Silu.code())),
        ("LEAK", single(LEAK)),
        ("LINE_WORKERS", Number::U32(WORKGROUP)),
        ("SUMMERS", Number::U32(WORKGROUP)),
        ("TARGETS", Number::U32(TRANSFORM_NODES)),
        ("QUADS", Number::U32(COTANGENT_NODES / 4)),
        ("PARTS", Number::U32(4 * WORKGROUP / COTANGENT_NODES)),
        ("MOST_NODES", Number::U32(DENSITY_COUNT as u32)),
        ("FIRST", Number::U32(0)),
        ("INPUT_BLOCK", Number::U32(HIDDEN as u32 - 4)),
        ("POINT_X", Number::U32(HIDDEN as u32 - 2)),
        ("POINT_Y", Number::U32(HIDDEN as u32 - 1)),
        ("COTANGENT", Number::U32(Registers::R4x4.column_groups())),
        ("OUTPUT", Number::U32(Registers::R4x4.column_groups() + 1)),
        ("BLOCKS", Number::U32(SUM_BLOCKS)),
        ("LOG_ZERO", single(LOG_ZERO)),
        ("LOG_TWO_PI", single(std::f64::consts::TAU.ln())),
        ("ADAM_FLOOR", single(ADAM_FLOOR)),
        ("STEP_OF_MASK", single(STEP_OF_MASK)),
        ("TARGET_MASK", single(TARGET_MASK)),
        ("NATS_TO_FLOOR", single(NATS_TO_FLOOR)),
        ("INPUT_SCALE", single(INPUT_SCALE)),
    ];
    let of_variants = Variant::all().into_iter().flat_map(|Variant { rows, registers, .. }| {
        let (rows, columns) = (rows.count(), registers.column_groups());
        [
            ("FUSED_ROWS", rows),
            ("SECOND", rows * HIDDEN as u32 / 4),
            ("ROW_GROUPS", rows / 4),
            ("COLUMN_GROUPS", columns),
            ("WORKERS", rows / 4 * columns),
        ]
    });
    once.into_iter().chain(of_variants.map(|(name, value)| (name, Number::U32(value)))).collect()
}

/// The named constants of the shaders that differ from `constants` or are not in it, and those that no shader has.
pub fn constant_failures(shaders: &[Shader], constants: &[(&str, Number)]) -> Vec<String> {
    let mut failures = Vec::new();
    let mut unused: Vec<&str> = constants.iter().map(|&(name, _)| name).collect();
    for shader in shaders {
        for (handle, constant) in shader.module.constants.iter() {
            let Some(name) = constant.name.as_deref() else { continue };
            let place = shader.place(shader.module.constants.get_span(handle));
            unused.retain(|&other| other != name);
            let value = match &shader.module.global_expressions[constant.init] {
                naga::Expression::Literal(Literal::F32(value)) => Some(Number::F32(*value)),
                naga::Expression::Literal(Literal::U32(value)) => Some(Number::U32(*value)),
                _ => None,
            };
            let expected: Vec<Number> = constants.iter().filter(|(other, _)| *other == name).map(|c| c.1).collect();
            if expected.is_empty() {
                failures.push(format!("{place}: {name} is compared with nothing in Rust"));
            } else if !expected.iter().any(|&expected| value == Some(expected)) {
                failures.push(format!("{place}: {name} is {value:?}, in Rust {expected:?}"));
            }
        }
    }
    failures.extend(unused.into_iter().map(|name| format!("{name}: no shader has this constant")));
    failures
}

//! Operations that shaders must not use: functions on which adapters disagree, atomics, and indexed private arrays.

use super::Shader;
use naga::{AddressSpace, Expression, MathFunction, TypeInner};

/// The only file that may call `RESERVED` functions, because it keeps their arguments in range.
pub const NUMERIC: &str = "shared/numeric.wgsl";

/// Functions whose overflow and accuracy differ between adapters.
const RESERVED: [MathFunction; 11] = [
    MathFunction::Exp,
    MathFunction::Exp2,
    MathFunction::Log,
    MathFunction::Log2,
    MathFunction::Pow,
    MathFunction::Tanh,
    MathFunction::Sinh,
    MathFunction::Cosh,
    MathFunction::Asinh,
    MathFunction::Acosh,
    MathFunction::Atanh,
];

/// Calls of reserved functions outside [`NUMERIC`].
pub fn numeric_failures(shader: &Shader) -> Vec<String> {
    let mut failures = Vec::new();
    for (function, _) in shader.functions() {
        for (handle, expression) in function.expressions.iter() {
            let Expression::Math { fun, .. } = expression else { continue };
            let span = function.expressions.get_span(handle);
            if RESERVED.contains(fun) && shader.file(span) != NUMERIC {
                failures.push(format!("{}: {fun:?} outside {NUMERIC}", shader.place(span)));
            }
        }
    }
    failures
}

/// Atomic types: the order of atomic additions is not fixed, so one seed would not give the same bits twice.
pub fn atomic_failures(shader: &Shader) -> Vec<String> {
    let atomics = shader.module.types.iter().filter(|(_, ty)| matches!(ty.inner, TypeInner::Atomic(_)));
    atomics
        .map(|(handle, _)| format!("{}: an atomic type", shader.place(shader.module.types.get_span(handle))))
        .collect()
}

/// Arrays that belong to one invocation, as variables or as indexed values: some drivers take minutes to compile them.
pub fn private_array_failures(shader: &Shader) -> Vec<String> {
    let module = &shader.module;
    let mut spans = Vec::new();
    for (handle, variable) in module.global_variables.iter() {
        if variable.space == AddressSpace::Private && holds_array(shader, variable.ty) {
            spans.push(module.global_variables.get_span(handle));
        }
    }
    for (function, info) in shader.functions() {
        for (handle, variable) in function.local_variables.iter() {
            if holds_array(shader, variable.ty) {
                spans.push(function.local_variables.get_span(handle));
            }
        }
        for (handle, expression) in function.expressions.iter() {
            let Expression::Access { base, .. } = expression else { continue };
            if matches!(info[*base].ty.inner_with(&module.types), TypeInner::Array { .. }) {
                spans.push(function.expressions.get_span(handle));
            }
        }
    }
    spans.into_iter().map(|span| format!("{}: a private array", shader.place(span))).collect()
}

/// Whether a type is an array, or a struct with one.
fn holds_array(shader: &Shader, ty: naga::Handle<naga::Type>) -> bool {
    match &shader.module.types[ty].inner {
        TypeInner::Array { .. } => true,
        TypeInner::Struct { members, .. } => members.iter().any(|member| holds_array(shader, member.ty)),
        _ => false,
    }
}

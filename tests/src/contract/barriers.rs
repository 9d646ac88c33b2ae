//! Barriers outside uniform control flow: not all invocations of a workgroup reach them together. Browsers reject them;
//! naga does not.
//!
//! This check is stricter than WGSL: a barrier may be at the top level of a function, or in loops that all invocations
//! leave together; not under `if` or `switch`, whatever the condition, and not after an early return. A value is
//! uniform if it depends only on uniform buffers, constants and the workgroup's index. Called functions are checked
//! too, with the uniformity of their arguments.

use super::Shader;
use naga::{AddressSpace, Binding, Block, BuiltIn, Expression, Function, Handle, LocalVariable, Statement};
use std::collections::HashSet;

/// The misplaced barriers of an entry point.
///
/// # Panics
/// When there is no such entry point.
pub fn barrier_failures(shader: &Shader, entry: &str) -> Vec<String> {
    let entries = &shader.module.entry_points;
    let entry = entries.iter().find(|e| e.name == entry).expect("the shader has the entry point");
    let is_uniform = |argument: &naga::FunctionArgument| {
        let uniform = [BuiltIn::WorkGroupId, BuiltIn::WorkGroupSize, BuiltIn::NumWorkGroups];
        matches!(&argument.binding, Some(Binding::BuiltIn(builtin)) if uniform.contains(builtin))
    };
    walk(shader, &entry.function, entry.function.arguments.iter().map(is_uniform).collect()).failures
}

/// What is known about a function after a walk.
#[derive(Debug)]
struct Outcome {
    has_barrier: bool,
    /// Whether all invocations get the same result.
    uniform_result: bool,
    failures: Vec<String>,
}

impl Outcome {
    fn new() -> Self {
        Self { has_barrier: false, uniform_result: true, failures: Vec::new() }
    }
}

/// The control flow around a statement.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Whether all invocations reach this statement together.
    uniform: bool,
    /// Under `if` or `switch`.
    conditional: bool,
    /// Under `if`, `switch` or a loop.
    nested: bool,
}

#[derive(Debug)]
struct Walk<'a> {
    shader: &'a Shader,
    function: &'a Function,
    /// Which arguments are uniform.
    arguments: Vec<bool>,
    /// Variables that may differ between invocations.
    varying: HashSet<Handle<LocalVariable>>,
    /// Results of calls that may differ between invocations.
    varying_results: HashSet<Handle<Expression>>,
    /// Whether some invocations may have returned.
    left_early: bool,
    outcome: Outcome,
}

/// Assumes first that all variables are uniform, then repeats the walk until no more of them turn out to vary.
fn walk(shader: &Shader, function: &Function, arguments: Vec<bool>) -> Outcome {
    let mut walk = Walk {
        shader,
        function,
        arguments,
        varying: HashSet::new(),
        varying_results: HashSet::new(),
        left_early: false,
        outcome: Outcome::new(),
    };
    loop {
        let known = walk.varying.len() + walk.varying_results.len();
        walk.left_early = false;
        walk.outcome = Outcome::new();
        walk.block(&function.body, Place { uniform: true, conditional: false, nested: false });
        if walk.varying.len() + walk.varying_results.len() == known {
            return walk.outcome;
        }
    }
}

impl Walk<'_> {
    fn block(&mut self, block: &Block, place: Place) {
        for (statement, &span) in block.span_iter() {
            match statement {
                Statement::Block(inner) => self.block(inner, place),
                Statement::If { condition, accept, reject } => {
                    let inside = self.under(*condition, place);
                    self.block(accept, inside);
                    self.block(reject, inside);
                }
                Statement::Switch { selector, cases } => {
                    let inside = self.under(*selector, place);
                    for case in cases {
                        self.block(&case.body, inside);
                    }
                }
                Statement::Loop { body, continuing, break_if } => {
                    let together =
                        self.leaves_together(body, true, true) && break_if.is_none_or(|c| self.is_uniform(c));
                    // A return in one iteration comes before the barriers of the next.
                    self.left_early |= returns(body);
                    let inside = Place { uniform: place.uniform && together, nested: true, ..place };
                    self.block(body, inside);
                    self.block(continuing, inside);
                }
                Statement::Return { value } => {
                    let uniform = value.is_none_or(|value| self.is_uniform(value));
                    self.outcome.uniform_result &= place.uniform && uniform;
                    self.left_early |= place.nested;
                }
                Statement::ControlBarrier(_) | Statement::MemoryBarrier(_) | Statement::WorkGroupUniformLoad { .. } => {
                    self.barrier(span, place)
                }
                Statement::Store { pointer, value } => {
                    let uniform = place.uniform && self.is_uniform(*pointer) && self.is_uniform(*value);
                    self.varying.extend(self.variable(*pointer).filter(|_| !uniform));
                }
                Statement::Call { function, arguments, result } => {
                    // Writes of the called function through a pointer are not analysed: the variable counts as varying.
                    for &argument in arguments {
                        self.varying.extend(self.variable(argument));
                    }
                    let uniform = arguments.iter().map(|&argument| self.is_uniform(argument)).collect();
                    let called = walk(self.shader, &self.shader.module.functions[*function], uniform);
                    self.outcome.failures.extend(called.failures);
                    if called.has_barrier {
                        self.barrier(span, place);
                    }
                    if !called.uniform_result {
                        self.varying_results.extend(*result);
                    }
                }
                _ => {}
            }
        }
    }

    fn under(&self, condition: Handle<Expression>, place: Place) -> Place {
        Place { uniform: place.uniform && self.is_uniform(condition), conditional: true, nested: true }
    }

    fn barrier(&mut self, span: naga::Span, place: Place) {
        self.outcome.has_barrier = true;
        let why = if place.conditional {
            "under if or switch"
        } else if !place.uniform {
            "in a loop that invocations may leave at different times"
        } else if self.left_early {
            "after an early return"
        } else {
            return;
        };
        self.outcome.failures.push(format!("{}: a barrier {why}", self.shader.place(span)));
    }

    /// Whether every `break` and `continue` of the loop around `block` is reached by all invocations or none.
    fn leaves_together(&self, block: &Block, uniform: bool, own_break: bool) -> bool {
        block.iter().all(|statement| match statement {
            Statement::Break => uniform || !own_break,
            Statement::Continue | Statement::Return { .. } => uniform,
            Statement::Block(inner) => self.leaves_together(inner, uniform, own_break),
            Statement::If { condition, accept, reject } => {
                let uniform = uniform && self.is_uniform(*condition);
                [accept, reject].into_iter().all(|inner| self.leaves_together(inner, uniform, own_break))
            }
            // A break in a switch leaves only the switch, and one in an inner loop only that loop.
            Statement::Switch { selector, cases } => {
                let uniform = uniform && self.is_uniform(*selector);
                cases.iter().all(|case| self.leaves_together(&case.body, uniform, false))
            }
            _ => true,
        })
    }

    fn is_uniform(&self, expression: Handle<Expression>) -> bool {
        match &self.function.expressions[expression] {
            Expression::Literal(_)
            | Expression::Constant(_)
            | Expression::Override(_)
            | Expression::ZeroValue(_)
            | Expression::ArrayLength(_)
            | Expression::WorkGroupUniformLoadResult { .. } => true,
            Expression::FunctionArgument(index) => self.arguments[*index as usize],
            Expression::GlobalVariable(variable) => {
                self.shader.module.global_variables[*variable].space == AddressSpace::Uniform
            }
            Expression::LocalVariable(variable) => !self.varying.contains(variable),
            Expression::CallResult(_) => !self.varying_results.contains(&expression),
            Expression::Load { pointer: inner }
            | Expression::AccessIndex { base: inner, .. }
            | Expression::Splat { value: inner, .. }
            | Expression::Swizzle { vector: inner, .. }
            | Expression::Unary { expr: inner, .. }
            | Expression::Relational { argument: inner, .. }
            | Expression::As { expr: inner, .. } => self.is_uniform(*inner),
            Expression::Access { base: left, index: right } | Expression::Binary { left, right, .. } => {
                self.is_uniform(*left) && self.is_uniform(*right)
            }
            Expression::Select { condition, accept, reject } => {
                [condition, accept, reject].into_iter().all(|&inner| self.is_uniform(inner))
            }
            Expression::Math { arg, arg1, arg2, arg3, .. } => {
                [Some(*arg), *arg1, *arg2, *arg3].into_iter().flatten().all(|inner| self.is_uniform(inner))
            }
            Expression::Compose { components, .. } => components.iter().all(|&inner| self.is_uniform(inner)),
            _ => false,
        }
    }

    /// The variable that a pointer leads to.
    fn variable(&self, pointer: Handle<Expression>) -> Option<Handle<LocalVariable>> {
        match self.function.expressions[pointer] {
            Expression::LocalVariable(variable) => Some(variable),
            Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => self.variable(base),
            _ => None,
        }
    }
}

/// Whether there is a return in a block.
fn returns(block: &Block) -> bool {
    block.iter().any(|statement| match statement {
        Statement::Return { .. } => true,
        Statement::Block(inner) => returns(inner),
        Statement::If { accept, reject, .. } => returns(accept) || returns(reject),
        Statement::Switch { cases, .. } => cases.iter().any(|case| returns(&case.body)),
        Statement::Loop { body, continuing, .. } => returns(body) || returns(continuing),
        _ => false,
    })
}

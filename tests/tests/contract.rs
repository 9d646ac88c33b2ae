//! The contract between Rust and WGSL, and between modules, checked without a GPU. Each check is followed by a test of
//! what it must reject.

use flowsketch_core::config::Config;
use flowsketch_core::gpu::kernel::Kernels;
use flowsketch_core::gpu::plan::KernelPath;
use flowsketch_core::gpu::session::{Session, Work};
use flowsketch_core::gpu::table::{Access, KERNELS, KernelSource};
use flowsketch_core::gpu::variant::{Registers, TileRows, Variant, WeightPrecision};
use flowsketch_core::gpu::{Capabilities, FlowView, Frame, Gpu, VIEW_SHADERS};
use flowsketch_core::measure::Preset;
use flowsketch_core::potentials::{SecondPotential, Shown};
use flowsketch_core::style::Style;
use flowsketch_tests::contract::barriers::barrier_failures;
use flowsketch_tests::contract::imports::{Tree, circle_failures, layer_failures, reference_failures};
use flowsketch_tests::contract::interface::{
    STORAGE_BUFFERS, WORKGROUP_BYTES, binding_failures, entry_failures, workgroup_bytes, workgroup_failures,
};
use flowsketch_tests::contract::layout::{
    Number, constant_failures, constants, layout_failures, mirrors, unused_mirrors,
};
use flowsketch_tests::contract::operations::{NUMERIC, atomic_failures, numeric_failures, private_array_failures};
use flowsketch_tests::contract::{Shader, assert_none, file_failures, files, files_below, shaders, sources};
use naga::ShaderStage::{Compute, Fragment, Vertex};
use std::time::Duration;

fn snippet(code: &str) -> Shader {
    Shader::parse("snippet", code).unwrap_or_else(|error| panic!("{error}"))
}

/// The checker must find exactly these failures, in this order.
#[track_caller]
fn assert_found<const N: usize>(failures: &[String], expected: [&str; N]) {
    let equal = failures.len() == N && failures.iter().zip(expected).all(|(failure, part)| failure.contains(part));
    assert!(equal, "found {failures:#?}, expected {expected:#?}");
}

// The page

/// The page's markup and the explanations of its settings state values of the default recipe.
#[test]
fn the_page_says_the_values_of_the_default_recipe() {
    let page = [include_str!("../../web/index.html"), include_str!("../../crates/web/src/panels/program/guide/mod.rs")]
        .concat();
    let Config { learning_rate, learning_rate_halving, batch, average_decay, fourier_features, activation, .. } =
        Config::default();
    for said in [
        format!(r#"step="0.001" value="{learning_rate}""#),
        format!("1 / (1 + evaluations / {learning_rate_halving})"),
        format!(r#"step="100" value="{batch}""#),
        format!("of decay {average_decay}"),
        format!("see {fourier_features} random sines"),
        format!(r#"<select id="activation"><option value="{}">"#, activation.name()),
    ] {
        assert!(page.contains(&said), "the page does not say {said}");
    }
}

/// The browser translates the words of an option, and a choice without a value would be lost with them.
#[test]
fn every_option_has_a_value() {
    let files = ["web", "crates/web"].into_iter().flat_map(|folder| files_below(folder, "html"));
    let mut count = 0;
    for (name, text) in files {
        for option in text.split("<option").skip(1) {
            count += 1;
            let tag = option.split('>').next().unwrap_or_default();
            assert!(tag.contains(" value=\""), "{name}: <option{tag}>");
        }
    }
    assert!(count > 20, "{count} options");
}

// Modules

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let trees = ["core", "worker", "web"].into_iter().flat_map(Tree::of_crate);
    assert_none(trees.flat_map(|tree| circle_failures(&tree)));
}

#[test]
fn a_circle_of_modules_is_found() {
    let found = |files: &[(&str, &str)]| circle_failures(&Tree::new("tree", files.iter().copied()));
    let [to_b, to_a] = [("a.rs", "use crate::b::B;"), ("b.rs", "fn f() -> crate::a::A {}")];
    assert_found(&found(&[to_b, to_a]), ["tree: 2 files in a circle: a.rs -> b.rs -> a.rs"]);
    assert_found(
        &found(&[to_b, ("b.rs", "use crate::c::{self, d::{E, F}};"), ("c/mod.rs", "use super::a;"), ("c/d.rs", "")]),
        ["3 files in a circle: a.rs -> b.rs -> c/mod.rs -> a.rs"],
    );
    assert_none(found(&[
        to_b,
        ("b.rs", "// crate::a::A\nmod a;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n"),
    ]));
    // A folder that re-exports a name: outside the folder an import of it counts for the child, inside for the folder.
    let folder = ("c/mod.rs", "mod d;\nmod e;\npub use d::D;\npub use e::E;");
    let user = ("b.rs", "use crate::c::E;");
    assert_none(found(&[folder, ("c/d.rs", "use super::e::E;\nuse crate::b::B;"), ("c/e.rs", ""), user]));
    assert_found(&found(&[folder, ("c/d.rs", "use super::E;"), ("c/e.rs", "")]), ["c/d.rs -> c/mod.rs -> c/d.rs"]);
    assert_found(&found(&[folder, ("c/d.rs", ""), ("c/e.rs", "use crate::b::B;"), user]), ["b.rs -> c/e.rs -> b.rs"]);
}

/// The layers of the core from the top, as ARCHITECTURE.md lists them: a line that is indented continues the one above.
fn layers_of_the_core(architecture: &'static str) -> Vec<Vec<&'static str>> {
    let block = architecture.split_once("The core by layers.").and_then(|(_, rest)| rest.split("```").nth(1));
    let mut layers: Vec<Vec<&str>> = vec![];
    for line in block.expect("a block of layers").lines().filter(|line| !line.is_empty()) {
        let modules = line.split('|').next().unwrap_or_default().split_whitespace();
        match layers.last_mut() {
            Some(above) if line.starts_with(' ') => above.extend(modules),
            _ => layers.push(modules.collect()),
        }
    }
    layers
}

#[test]
fn imports_of_the_core_lead_down() {
    let layers = layers_of_the_core(include_str!("../../ARCHITECTURE.md"));
    assert_none(Tree::of_crate("core").iter().flat_map(|tree| layer_failures(tree, &layers)));
}

#[test]
fn the_layers_are_read_from_a_block_of_lines() {
    let layers = layers_of_the_core("a\n\nThe core by layers. Why.\n\n```\na b | top\n  c | more\nd\n```\n");
    assert_eq!(layers, [vec!["a", "b", "c"], vec!["d"]]);
}

#[test]
fn an_import_that_leads_up_is_found() {
    let layers = [vec!["a"], vec!["b", "c"]];
    let found = |text| layer_failures(&Tree::new("tree", [("a/d.rs", ""), ("c.rs", ""), ("b.rs", text)]), &layers);
    assert_found(&found("use crate::a::d::D;\nuse crate::c::C;"), ["b.rs imports a/d.rs, which is above it"]);
    assert_none(found("use crate::c::C;"));
    let lost = layer_failures(&Tree::new("tree", [("e.rs", "use crate::a;"), ("lib.rs", "mod e;")]), &layers);
    assert_found(&lost, ["e.rs is in no layer"]);
}

#[test]
fn no_backend_imports_the_twins_it_is_tested_against() {
    assert_none(Tree::of_crate("core").iter().flat_map(reference_failures));
}

#[test]
fn a_backend_that_imports_a_twin_is_found() {
    let twin = ("reference/flow.rs", "");
    let found = |file, text| reference_failures(&Tree::new("tree", [(file, text), twin]));
    assert_found(
        &found("gpu/flow.rs", "use crate::reference::flow::{flow};"),
        ["gpu/flow.rs imports reference/flow.rs"],
    );
    assert_found(&found("cpu/session.rs", "fn f() { crate::reference::flow::flow() }"), ["cpu/session.rs imports"]);
    assert_none(found("step_inspector/mod.rs", "use crate::reference::flow::flow;"));
    assert_none(found("cpu/session.rs", "#[cfg(test)]\nmod tests {\n    use crate::reference::flow::flow;\n}\n"));
}

// Shaders and files

#[test]
fn naga_accepts_every_shader() {
    assert_none(sources().into_iter().filter_map(|(name, code)| Shader::parse(name, code).err()));
}

#[test]
fn naga_rejects_errors_and_what_is_optional() {
    let parse = |code| Shader::parse("control", code).unwrap_err();
    assert!(parse("fn f() -> f32 { return 1u; }").contains("control:1"));
    assert!(parse("@compute @workgroup_size(64) fn f() { let x = missing; }").contains("missing"));
    assert!(parse("@group(0) @binding(0) var<storage, read_write> x: array<f64>;").contains("FLOAT64"));
}

#[path = "../../crates/core/strip.rs"]
mod strip;

/// Apart from comments and white space the browser's copies are the same.
#[test]
fn stripped_shaders_keep_their_words() {
    let bare = |code: &str| code.replace(|c: char| c.is_whitespace(), "");
    for (name, code) in sources() {
        let uncommented: String =
            code.lines().flat_map(|line| [line.split("//").next().unwrap_or_default(), "\n"]).collect();
        let stripped: String = code.lines().flat_map(|line| [strip::strip(line), "\n".into()]).collect();
        assert_eq!(bare(&stripped), bare(&uncommented), "{name}");
        assert_eq!(Shader::parse(name, &stripped).err(), None);
    }
    assert_eq!(strip::strip("    let a: array<vec4f> = b - -c; // of it"), "let a:array<vec4f>=b- -c;");
    assert_eq!(strip::strip("else if (x > 1.0) { return; }"), "else if(x>1.0){return;}");
}

#[test]
fn every_file_is_in_a_shader_and_every_shader_of_files() {
    assert_none(file_failures(sources(), &files()));
}

#[test]
fn a_file_in_no_shader_and_a_text_of_no_file_are_found() {
    let mut files = files();
    files.insert("shared/forgotten.wgsl".into(), "const FORGOTTEN: u32 = 1u;\n".into());
    assert_found(&file_failures(sources(), &files), ["shared/forgotten.wgsl: no shader"]);
    files.remove("shared/forgotten.wgsl");
    let sum = sources().into_iter().find(|&(name, _)| name == "sum").expect("there is a kernel sum").1;
    let stray = format!("{sum}const STRAY: u32 = 1u;\n");
    let altered =
        sources().into_iter().map(|(name, code)| if name == "sum" { (name, stray.as_str()) } else { (name, code) });
    assert!(file_failures(altered, &files)[0].contains(&format!("sum: byte {}", sum.len())));
}

#[test]
fn a_failure_names_the_true_file_and_line() {
    let shaders = shaders();
    let sum = shaders.iter().find(|shader| shader.name == "sum").expect("there is a kernel sum");
    for (file, part) in [("sum.wgsl", "fn strided_sum"), ("shared/step.wgsl", "fn target_point")] {
        let at = sum.code.find(part).expect("the shader has it");
        let line = 1 + files()[file].lines().position(|line| line.starts_with(part)).expect("so has the file");
        assert_eq!(sum.place(naga::Span::new(at as u32, at as u32 + 1)), format!("{file}:{line}"));
    }
}

// Entry points

fn expected_entries(shader: &Shader) -> Vec<(String, naga::ShaderStage, u32)> {
    let kernels = KERNELS.iter().filter(|kernel| kernel.name == shader.name);
    let kernels = kernels.filter_map(|kernel| {
        let variant = Variant::all().into_iter().find(|&variant| kernel.code(variant) == shader.code)?;
        Some((kernel.entry.into(), Compute, kernel.workgroup(variant)))
    });
    let views = VIEW_SHADERS.iter().filter(|view| view.0 == shader.name);
    let views = views.flat_map(|view| [("vertex", Vertex), ("fragment", Fragment)].map(|stage| (view.0, stage)));
    kernels.chain(views.map(|(name, (suffix, stage))| (format!("{name}_{suffix}"), stage, 0))).collect()
}

#[test]
fn entry_points_match_the_tables() {
    assert_none(shaders().iter().flat_map(|shader| entry_failures(shader, &expected_entries(shader))));
    // Each entry point belongs to one kernel. Variants have the same representative exactly if they have the same text.
    for (index, kernel) in KERNELS.iter().enumerate() {
        assert!(KERNELS[..index].iter().all(|other| other.entry != kernel.entry), "{} is there twice", kernel.entry);
        for (one, other) in Variant::all().into_iter().flat_map(|one| Variant::all().map(|other| (one, other))) {
            let same = kernel.representative(one) == kernel.representative(other);
            assert_eq!(same, kernel.code(one) == kernel.code(other), "{} {one:?} {other:?}", kernel.entry);
        }
    }
}

#[test]
fn a_wrong_entry_point_is_found() {
    let shader = snippet("@compute @workgroup_size(64) fn f() {}");
    assert_none(entry_failures(&shader, &[("f".into(), Compute, 64)]));
    assert_found(
        &entry_failures(&shader, &[("f".into(), Compute, 64), ("g".into(), Compute, 64)]),
        ["no Compute entry point g"],
    );
    assert_found(&entry_failures(&shader, &[]), ["f is in no table"]);
    let shader = snippet("@compute @workgroup_size(8, 8) fn f() {}");
    assert_found(&entry_failures(&shader, &[("f".into(), Compute, 64)]), ["workgroups of [8, 8, 1]"]);
}

// Structs and constants

#[test]
fn uniform_structs_equal_their_mirrors() {
    let (shaders, mirrors) = (shaders(), mirrors());
    assert_none(shaders.iter().flat_map(|shader| layout_failures(shader, &mirrors)));
    assert_none(unused_mirrors(&shaders, &mirrors));
}

/// The failures when the text of flow_time.wgsl is altered.
fn altered_flow_time(from: &str, to: &str) -> Vec<String> {
    let code = &files()["shared/flow_time.wgsl"];
    assert!(code.contains(from));
    layout_failures(&snippet(&code.replacen(from, to, 1)), &mirrors())
}

#[test]
fn an_altered_struct_is_found() {
    assert_none(altered_flow_time("epsilon", "epsilon"));
    assert_found(&altered_flow_time("epsilon: f32", "eps: f32"), ["FlowTime, member 3"]);
    assert_found(&altered_flow_time("count: u32", "count: f32"), ["FlowTime, member 4"]);
    assert_found(&altered_flow_time("spacing: f32", "spacing: i32"), ["FlowTime, member 2"]);
    let exchanged = altered_flow_time("spacing: f32,\n    epsilon: f32,", "epsilon: f32,\n    spacing: f32,");
    assert_found(&exchanged, ["FlowTime, member 2", "FlowTime, member 3"]);
    // Names, types and order stay the same; only an offset changes.
    let moved = altered_flow_time("differences: u32", "@align(16) differences: u32");
    assert_found(&moved, ["FlowTime, member 5", "48 bytes in WGSL, 32 in Rust"]);
    let more = altered_flow_time("differences: u32,", "differences: u32, more: u32,");
    assert_found(&more, ["member 6: WGSL has Some", "40 bytes in WGSL, 32 in Rust"]);
    let less = altered_flow_time("    differences: u32,", "");
    assert_found(&less, ["member 5: WGSL has None"]);
    assert_found(
        &altered_flow_time("struct FlowTime", "alias FlowTime = Other;\nstruct Other"),
        ["Other has no mirror"],
    );
    assert_eq!(unused_mirrors(&[], &mirrors()).len(), mirrors().len());
}

#[test]
fn constants_equal_those_of_rust() {
    assert_none(constant_failures(&shaders(), &constants()));
}

#[test]
fn a_different_constant_is_found() {
    let found = |code, constants: &[(&str, Number)]| constant_failures(&[snippet(code)], constants);
    let floor = [("FLOOR", Number::F32(1e-8))];
    assert_none(found("const FLOOR: f32 = 1e-8;", &floor));
    assert_none(found("const FLOOR: f32 = 1e-10 * 100.0;", &floor));
    assert_found(&found("const FLOOR: f32 = 1.0000001e-8;", &floor), ["snippet:1: FLOOR is"]);
    assert_found(&found("const FLOOR: u32 = 1u;", &floor), ["FLOOR is"]);
    assert_found(&found("const FLOOR: f32 = 1e-8;", &[]), ["FLOOR is compared with nothing"]);
    assert_found(&found("fn f() {}", &floor), ["no shader has this constant"]);
    assert_found(&found("const ROWS: u32 = 9u;", &[("ROWS", Number::U32(8))]), ["ROWS is"]);
}

// Bindings and workgroup memory

#[test]
fn bindings_match_the_table() {
    let shaders = shaders();
    assert_none(KERNELS.iter().flat_map(|kernel| {
        let codes = Variant::all().map(|variant| kernel.code(variant));
        let of_kernel: Vec<_> = shaders.iter().filter(|shader| codes.contains(&shader.code)).collect();
        assert!(!of_kernel.is_empty(), "{} is not among the shaders", kernel.entry);
        of_kernel.into_iter().flat_map(|shader| binding_failures(shader, kernel))
    }));
}

#[test]
fn a_wrong_binding_is_found() {
    use Access::{Read, Write};
    let shaders = shaders();
    let shader = shaders.iter().find(|shader| shader.name == "reduce").expect("there is a kernel reduce");
    let kernel = *KERNELS.iter().find(|kernel| kernel.name == "reduce").expect("there is a kernel reduce");
    let found = |buffers| binding_failures(shader, &KernelSource { buffers, ..kernel });
    assert_none(found(&[Read, Write]));
    assert_found(
        &found(&[Read, Read]),
        ["reduce: group 1 binding 2 is storage, read_write, by the table storage, read", "never used for"],
    );
    assert_found(
        &found(&[Write, Write]),
        ["reduce: group 1 binding 1 is storage, read, by the table storage, read_write", "never used for"],
    );
    assert_found(&found(&[Read]), ["binding 2 is storage, read_write, and not in the table"]);
    assert_found(&found(&[Read, Write, Read]), ["binding 3 is missing, by the table storage, read"]);
    assert!(found(&[Read; STORAGE_BUFFERS + 1]).contains(&"reduce: 9 storage buffers".to_owned()));

    let altered = |from, to| {
        let code = kernel.code(Variant::default());
        assert!(code.contains(from));
        binding_failures(&snippet(&code.replacen(from, to, 1)), &kernel)
    };
    assert_found(
        &altered("d_theta[stage.offset / 4u + id.x] = sum;", "_ = d_theta[id.x] + sum;"),
        ["binding 2 is never used for"],
    );
    assert_found(
        &altered("@group(1) @binding(2)", "@group(1) @binding(3)"),
        ["binding 3 is storage, read_write, and not in the table", "binding 2 is missing"],
    );
    assert_found(
        &altered("var<uniform> stage: Stage", "var<storage, read> stage: Stage"),
        ["binding 0 is storage, read, by the table uniform Stage"],
    );
    assert_found(
        &altered("struct Stage {", "@group(2) @binding(0) var<uniform> other: vec4f;\nstruct Stage {"),
        ["group 2 binding 0 is uniform without a name, and not in the table"],
    );
}

#[test]
fn workgroup_memory_is_within_the_default_limits() {
    let limits = wgpu::Limits::defaults();
    assert_eq!(limits.max_compute_workgroup_storage_size, WORKGROUP_BYTES);
    assert_eq!(limits.max_storage_buffers_per_shader_stage as usize, STORAGE_BUFFERS);
    let shaders = shaders();
    // Except for tiles of 64 rows, which are for devices that have more.
    let large = |shader: &&Shader| !shader.code.contains(ROWS_64);
    assert_none(shaders.iter().filter(large).flat_map(workgroup_failures));
    let large = shaders.iter().find(|shader| shader.name == "fused_backward" && shader.code.contains(ROWS_64));
    assert_eq!(workgroup_bytes(large.expect("there are large tiles"), "fused_backward"), 2 * WORKGROUP_BYTES);
}

/// Only in the texts of large tiles.
const ROWS_64: &str = "const ROW_GROUPS: u32 = 16u;";

#[test]
fn too_much_workgroup_memory_is_found() {
    let shader = |a: u32, b: u32| {
        snippet(&format!(
            "var<workgroup> a: array<f32, {a}>; var<workgroup> b: array<f32, {b}>;
             fn store(x: f32) {{ b[0] = x; }}
             @compute @workgroup_size(64) fn f() {{ a[0] = 1.0; store(2.0); }}
             @compute @workgroup_size(64) fn g() {{ a[0] = 1.0; }}"
        ))
    };
    assert_none(workgroup_failures(&shader(2048, 2048)));
    assert_found(&workgroup_failures(&shader(2048, 2049)), ["f uses 16400 bytes"]);
    assert_eq!(workgroup_failures(&shader(4097, 1)).len(), 2);
}

// Barriers

#[test]
fn all_invocations_reach_every_barrier_together() {
    assert_none(shaders().iter().flat_map(|shader| {
        let entries = shader.module.entry_points.iter().filter(|entry| entry.stage == Compute);
        entries.flat_map(|entry| barrier_failures(shader, &entry.name)).collect::<Vec<_>>()
    }));
}

/// The failures of a kernel with these statements.
fn barriers_in(statements: &str) -> Vec<String> {
    let code = format!(
        "struct Inputs {{ count: u32, other: u32 }}
         @group(0) @binding(0) var<uniform> inputs: Inputs;
         @group(0) @binding(1) var<storage, read_write> values: array<u32>;
         var<workgroup> shared_values: array<u32, 64>;
         fn barrier() {{ workgroupBarrier(); }}
         fn twice(x: u32) -> u32 {{ return 2u * x; }}
         fn of_storage(x: u32) -> u32 {{ return values[x]; }}
         fn early(x: u32) -> u32 {{ if (x > 3u) {{ return 0u; }} return 1u; }}
         fn rounds(count: u32) {{ for (var i = 0u; i < count; i++) {{ workgroupBarrier(); }} }}
         fn change(x: ptr<function, u32>) {{ *x = values[0]; }}
         fn through(x: ptr<function, u32>) {{ *x = values[0]; for (var i = 0u; i < *x; i++) {{ workgroupBarrier(); }} }}
         @compute @workgroup_size(64)
         fn f(@builtin(local_invocation_index) thread: u32, @builtin(global_invocation_id) id: vec3u,
              @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u) {{
             {statements}
         }}"
    );
    barrier_failures(&snippet(&code), "f")
}

#[test]
fn barriers_in_uniform_control_flow_pass() {
    for statements in [
        "workgroupBarrier(); if (thread == 0u) { values[0] = 1u; }",
        "if (thread == 0u) { values[0] = 1u; } workgroupBarrier(); if (thread == 0u) { return; }",
        "for (var i = 0u; i < 4u; i++) { workgroupBarrier(); }",
        "for (var i = group.x; i < inputs.count; i += groups.x) { workgroupBarrier(); }",
        "for (var i = 32u; i > 0u; i /= 2u) { if (thread < i) { values[thread] = i; } workgroupBarrier(); }",
        "var i = 0u; loop { if (i == inputs.other) { break; } workgroupBarrier(); i = twice(i) + 1u; }",
        "var i = 0u; loop { workgroupBarrier(); continuing { i++; break if i == 3u; } }",
        "for (var i = thread; i < 4u; i++) { values[i] = 1u; } workgroupBarrier();",
        "rounds(inputs.count); barrier();",
        "for (var i = 0u; i < early(inputs.count); i++) { storageBarrier(); }",
        "for (var i = 0u; i < workgroupUniformLoad(&shared_values[0]); i++) { values[i] = 1u; }",
        "for (var i = 0u; i < 4u; i++) { if (i == 2u) { continue; } workgroupBarrier(); }",
    ] {
        assert!(barriers_in(statements).is_empty(), "{statements}\n{:#?}", barriers_in(statements));
    }
}

#[test]
fn misplaced_barriers_are_found() {
    let under = "under if or switch";
    let times = "in a loop that invocations may leave at different times";
    let early = "after an early return";
    for (statements, why) in [
        ("if (thread < 3u) { workgroupBarrier(); }", under),
        // This is stricter than WGSL.
        ("if (inputs.count < 3u) { workgroupBarrier(); }", under),
        ("if (thread < 3u) { } else { storageBarrier(); }", under),
        ("switch (thread) { case 0u: { workgroupBarrier(); } default: { } }", under),
        ("if (thread < 3u) { barrier(); }", under),
        ("if (thread < 3u) { for (var i = 0u; i < 4u; i++) { workgroupBarrier(); } }", under),
        ("for (var i = 0u; i < 4u; i++) { if (i < thread) { workgroupBarrier(); } }", under),
        ("if (thread < 3u) { values[0] = workgroupUniformLoad(&shared_values[0]); }", under),
        ("if (id.x >= inputs.count) { return; } workgroupBarrier();", early),
        ("if (inputs.count == 3u) { return; } workgroupBarrier();", early),
        ("for (var i = 0u; i < 4u; i++) { if (i == thread) { return; } } workgroupBarrier();", early),
        ("for (var i = 0u; i < inputs.count; i++) { workgroupBarrier(); if (i == 2u) { return; } }", early),
        ("if (thread > 3u) { return; } barrier();", early),
        ("for (var i = 0u; i < thread; i++) { workgroupBarrier(); }", times),
        ("for (var i = thread; i < 64u; i++) { workgroupBarrier(); }", times),
        ("for (var i = 0u; i < values[0]; i++) { workgroupBarrier(); }", times),
        ("for (var i = 0u; i < shared_values[0]; i++) { workgroupBarrier(); }", times),
        ("for (var i = 0u; i < 64u; i += id.x) { workgroupBarrier(); }", times),
        ("for (var i = 0u; i < 4u; i++) { if (i == thread) { break; } workgroupBarrier(); }", times),
        ("for (var i = 0u; i < 4u; i++) { if (i == thread) { continue; } workgroupBarrier(); }", times),
        ("for (var j = 0u; j < thread; j++) { for (var i = 0u; i < 4u; i++) { workgroupBarrier(); } }", times),
        ("var i = 0u; loop { workgroupBarrier(); continuing { i++; break if i == thread; } }", times),
        ("loop { switch (thread) { case 0u: { continue; } default: { } } workgroupBarrier(); break; }", times),
        ("rounds(thread);", times),
        ("for (var i = 0u; i < of_storage(0u); i++) { workgroupBarrier(); }", times),
        ("for (var i = 0u; i < early(thread); i++) { workgroupBarrier(); }", times),
        // A variable that varies because of where it is stored, or through another one.
        ("var n = 4u; if (thread == 0u) { n = 5u; } for (var i = 0u; i < n; i++) { workgroupBarrier(); }", times),
        ("var n = 0u; for (var i = 0u; i < thread; i++) { n++; } for (var i = 0u; i < n; i++) { barrier(); }", times),
        ("var a = 4u; var b = 4u; for (var i = 0u; i < b; i++) { barrier(); b = a; a = thread; }", times),
        ("var n = 4u; change(&n); for (var i = 0u; i < n; i++) { workgroupBarrier(); }", times),
        ("var n = 4u; through(&n);", times),
    ] {
        let failures = barriers_in(statements);
        assert!(failures.len() == 1 && failures[0].contains(why), "{statements}\n{failures:#?}");
    }
}

#[test]
fn an_early_return_in_a_kernel_with_a_barrier_is_found() {
    let kernel = KERNELS.iter().find(|kernel| kernel.entry == "heat").expect("there is a kernel heat");
    let (code, call) = (kernel.code(Variant::default()), "heat_columns(thread,");
    assert!(code.contains(call));
    let altered = code.replacen(call, &format!("if (thread >= queries) {{ return; }} {call}"), 1);
    assert!(barrier_failures(&snippet(&altered), "heat")[0].contains("after an early return"));
    assert_none(barrier_failures(&snippet(&code), "heat"));
}

// Operations

#[test]
fn exp_and_its_kin_are_called_in_one_file() {
    let shaders = shaders();
    assert_none(shaders.iter().flat_map(numeric_failures));
    // The file that may call `exp` exists, and does.
    assert!(files()[NUMERIC].contains("exp("));
}

#[test]
fn exp_outside_the_file_is_found() {
    let found = |body: &str| numeric_failures(&snippet(&format!("fn f(x: f32) -> f32 {{ return {body}; }}")));
    assert_none(found("sqrt(sin(x)) /* exp(x) */"));
    for call in ["exp(x)", "log(x)", "pow(x, 2.5)", "tanh(x)", "exp2(x)", "log2(x)", "cosh(x)", "f32(1 + 1) * exp(-x)"]
    {
        assert_found(&found(call), ["snippet:1"]);
    }
    assert_found(
        &numeric_failures(&snippet(
            "@group(0) @binding(0) var<storage, read_write> x: array<f32>;
             @compute @workgroup_size(64) fn f() { x[0] = exp(x[1]); }",
        )),
        ["snippet:2: Exp outside"],
    );
}

#[test]
fn there_are_no_atomics_and_no_private_arrays() {
    let shaders = shaders();
    assert_none(shaders.iter().flat_map(atomic_failures));
    assert_none(shaders.iter().flat_map(private_array_failures));
}

#[test]
fn atomics_and_private_arrays_are_found() {
    let atomic = snippet("var<workgroup> x: atomic<u32>;\n@compute @workgroup_size(64) fn f() { atomicAdd(&x, 1u); }");
    assert_found(&atomic_failures(&atomic), ["an atomic type"]);
    let found = |code| private_array_failures(&snippet(code));
    assert_none(found("var<workgroup> x: array<f32, 4>; fn f(i: u32) -> f32 { return x[i]; }"));
    assert_none(found("fn f() -> f32 { let x = array(1.0, 2.0); return x[1]; }"));
    assert_found(&found("fn f(i: u32) -> f32 { var x: array<f32, 4>; return x[i]; }"), ["snippet:1: a private array"]);
    assert_found(&found("fn f(i: u32) -> f32 { let x = array(1.0, 2.0); return x[i]; }"), ["a private array"]);
    assert_found(&found("var<private> x: array<f32, 4>;"), ["a private array"]);
    assert_found(&found("struct S { x: array<f32, 4> }\nfn f() -> f32 { var s: S; return s.x[1]; }"), ["snippet:2"]);
}

// Pipelines

/// A device that validates everything and computes nothing, opened as the page opens its own.
fn noop() -> Gpu {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::NOOP,
        backend_options: wgpu::BackendOptions { noop: wgpu::NoopBackendOptions::enabled(), ..Default::default() },
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    pollster::block_on(Gpu::open(&instance, None)).expect("the device that does nothing always opens")
}

#[test]
fn the_device_has_default_limits_and_what_kernels_make_use_of() {
    let gpu = noop();
    let large = wgpu::Limits { max_compute_workgroup_storage_size: 2 * WORKGROUP_BYTES, ..wgpu::Limits::defaults() };
    assert_eq!(gpu.device.limits(), large);
    let optional = wgpu::Features::SHADER_F16 | wgpu::Features::SUBGROUP;
    assert_eq!(gpu.device.features(), wgpu::Features::TIMESTAMP_QUERY | optional);
    assert_eq!(gpu.capabilities, Capabilities { large_tiles: true, half: true, subgroups: true });
}

/// No optional feature is used where it is not offered, and large tiles only where there are rows to fill them.
#[test]
fn paths_follow_from_what_is_offered_and_asked() {
    let mut gpu = noop();
    gpu.software = false;
    let variants = |gpu: &Gpu, config: &Config| -> Vec<Variant> {
        KernelPath::candidates(gpu, config).into_iter().map(|path| path.variant().expect("it is fused")).collect()
    };
    let both = |rows, copies| Registers::ALL.map(|registers| Variant { rows, registers, copies });
    let (few, many) = (TileRows::Few, TileRows::Many);
    assert_eq!(variants(&gpu, &Config::default()), both(few, WeightPrecision::Single));
    assert_eq!(variants(&gpu, &Config::paper()), both(many, WeightPrecision::Single));
    gpu.copies = WeightPrecision::Half;
    assert_eq!(variants(&gpu, &Config::paper()), both(many, WeightPrecision::Half));
    gpu.capabilities = Capabilities::default();
    assert_eq!(variants(&gpu, &Config::paper()), both(few, WeightPrecision::Single));
    gpu.software = true;
    assert_eq!(KernelPath::candidates(&gpu, &Config::paper()), [KernelPath::PerLayer]);
}

#[test]
fn every_pipeline_is_created() {
    let gpu = noop();
    Kernels::new(&gpu).compile();
    assert_eq!(gpu.failure(), None);
    for format in [wgpu::TextureFormat::Bgra8Unorm, wgpu::TextureFormat::Rgba8Unorm] {
        FlowView::new(&gpu, format);
        assert_eq!(gpu.failure(), None);
    }
}

#[test]
fn a_session_trains_tabulates_and_draws() {
    let gpu = noop();
    let format = wgpu::TextureFormat::Rgba8Unorm;
    let size = [64, 48];
    let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some("picture"),
        size: wgpu::Extent3d { width: size[0], height: size[1], depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
        view_formats: &[],
    });
    let target = &texture.create_view(&Default::default());
    let view = &FlowView::new(&gpu, format);
    // Without Fourier features a buffer would be empty.
    for fourier_features in [16, 0] {
        let config = Config { fourier_features, ..Config::default() };
        let mut session = Session::new(&gpu, config, &Preset::TwoSpirals.density());
        let shown =
            [Shown::Learned(SecondPotential::Network), Shown::Exact, Shown::Difference(SecondPotential::Transform)];
        for (time, shown) in [0.0, 0.5, 1.0].into_iter().zip(shown) {
            let style = Style { dark: true, arrows: true, range: Style::RANGE };
            session.submit(&Work { steps: 2, tabulate: true, time }, Some(&Frame { view, target, size, style, shown }));
            session.poll();
            while session.exact().has_host_work() {
                session.work_on_host(Duration::ZERO);
            }
            assert_eq!(gpu.failure(), None);
        }
    }
}

/// The failure after creating a kernel whose layout has these storage buffers, all of them writable.
fn failure_of(code: &str, buffers: u32) -> Option<String> {
    let gpu = noop();
    let entries: Vec<_> = (0..buffers)
        .map(|binding| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Storage { read_only: false },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        })
        .collect();
    let layout =
        gpu.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries });
    let layout = gpu.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: None,
        bind_group_layouts: &[Some(&layout)],
        immediate_size: 0,
    });
    let module = gpu.device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: None,
        source: wgpu::ShaderSource::Wgsl(code.into()),
    });
    let _ = gpu.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: None,
        layout: Some(&layout),
        module: &module,
        entry_point: Some("f"),
        compilation_options: Default::default(),
        cache: None,
    });
    gpu.failure()
}

#[test]
fn an_invalid_pipeline_is_found() {
    let kernel = |access, size| {
        format!(
            "@group(0) @binding(0) var<storage, {access}> x: array<f32>;
             @compute @workgroup_size({size}) fn f() {{ _ = x[0]; }}"
        )
    };
    assert_eq!(failure_of(&kernel("read_write", 64), 1), None);
    let found = |code: &str, buffers| failure_of(code, buffers).expect("the device notices");
    assert!(found(&kernel("read_write", 64), 0).contains("binding"));
    assert!(found(&kernel("read", 64), 1).contains("access"));
    assert!(found(&kernel("read_write", 512), 1).contains("512"));
    assert!(found(&kernel("read_write", 64), 9).contains("limit"));
    assert!(found("fn f( {}", 1).contains("expected"));
    assert!(found("@compute @workgroup_size(64) fn g() {}", 1).contains("entry"));
}

//! The contract between Rust and WGSL, read from naga's view of the shaders; no GPU is needed.
//!
//! Each checker returns its failures as lines of text, so that a test can print all of them at once.

pub mod barriers;
pub mod imports;
pub mod interface;
pub mod layout;
pub mod operations;

use flowsketch_core::gpu::VIEW_SHADERS;
use flowsketch_core::gpu::table::{KERNELS, KernelSource};
use flowsketch_core::gpu::variant::{Variant, WeightPrecision};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A shader that naga accepts.
#[derive(Debug)]
pub struct Shader {
    pub name: String,
    pub code: String,
    /// The files that `code` consists of, in their order.
    parts: Vec<(String, Range<usize>)>,
    pub module: naga::Module,
    pub info: ModuleInfo,
}

impl Shader {
    /// Parses and validates `code`. Optional features are allowed only if the text enables them.
    ///
    /// # Errors
    /// What naga says about the code.
    pub fn parse(name: &str, code: &str) -> Result<Self, String> {
        let module = naga::front::wgsl::parse_str(code).map_err(|error| error.emit_to_string_with_path(code, name))?;
        let half = code.starts_with("enable f16;").then_some(Capabilities::SHADER_FLOAT16);
        let subgroups = code.contains("@builtin(subgroup_id)").then_some(Capabilities::SUBGROUP);
        let info = Validator::new(ValidationFlags::all(), half.into_iter().chain(subgroups).collect())
            .subgroup_stages(naga::valid::ShaderStages::COMPUTE)
            .subgroup_operations(naga::valid::SubgroupOperationSet::all())
            .validate(&module)
            .map_err(|error| error.emit_to_string_with_path(code, name))?;
        let parts = vec![(name.to_owned(), 0..code.len())];
        Ok(Self { name: name.to_owned(), code: code.to_owned(), parts, module, info })
    }

    /// The file that holds this place of the code.
    pub fn file(&self, span: naga::Span) -> &str {
        self.part(span).map_or("no file", |(file, _)| file)
    }

    /// File and line of this place of the code.
    pub fn place(&self, span: naga::Span) -> String {
        match (self.part(span), span.to_range()) {
            (Some((file, part)), Some(range)) => {
                let line = 1 + self.code[part.start..range.start].matches('\n').count();
                format!("{file}:{line}")
            }
            _ => self.name.clone(),
        }
    }

    fn part(&self, span: naga::Span) -> Option<&(String, Range<usize>)> {
        let range = span.to_range()?;
        self.parts.iter().find(|(_, part)| part.contains(&range.start))
    }

    /// Every function with naga's analysis of it; entry points come last.
    pub fn functions(&self) -> impl Iterator<Item = (&naga::Function, &naga::valid::FunctionInfo)> {
        let functions = self.module.functions.iter().map(|(handle, function)| (function, &self.info[handle]));
        let entries = self.module.entry_points.iter().enumerate();
        functions.chain(entries.map(|(index, entry)| (&entry.function, self.info.get_entry_point(index))))
    }
}

/// Name and text of each shader of the tables, in all variants, each once.
pub fn sources() -> BTreeSet<(&'static str, &'static str)> {
    static CODES: OnceLock<BTreeSet<(&str, String)>> = OnceLock::new();
    let codes = CODES.get_or_init(|| {
        let views = VIEW_SHADERS.into_iter().map(|(name, texts)| (name, texts.concat()));
        let variants =
            |kernel: &'static KernelSource| Variant::all().map(|variant| (kernel.name, kernel.code(variant)));
        KERNELS.iter().flat_map(variants).chain(views).collect()
    });
    codes.iter().map(|(name, code)| (*name, code.as_str())).collect()
}

/// The files of `shaders/`: path within it, and text.
///
/// # Panics
/// When the directory cannot be read.
pub fn files() -> BTreeMap<String, String> {
    files_below("shaders", "wgsl")
}

/// The files below a folder of the repository with this ending: path within the folder, and text.
///
/// # Panics
/// When the folder cannot be read.
pub fn files_below(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let mut files = BTreeMap::new();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).expect("the folder can be read") {
            let path: PathBuf = entry.expect("an entry of it can be read").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                let name = path.strip_prefix(&root).expect("it is inside").to_string_lossy().replace('\\', "/");
                files.insert(name, std::fs::read_to_string(&path).expect("it is text"));
            }
        }
    }
    files
}

/// The files that `code` consists of: the shader's own, then shared ones. An `enable` line may come before them.
///
/// # Errors
/// When `code` contains text of no file.
pub fn split(name: &str, code: &str, files: &BTreeMap<String, String>) -> Result<Vec<(String, Range<usize>)>, String> {
    let own = format!("{name}.wgsl");
    let start = WeightPrecision::ALL
        .iter()
        .map(|copies| copies.prelude())
        .find(|prelude| code.starts_with(prelude))
        .map_or(0, str::len);
    let is_next = |file: &str, at: usize| if at == start { file == own } else { file.starts_with("shared/") };
    let mut parts: Vec<(String, Range<usize>)> = Vec::new();
    let mut at = start;
    while at < code.len() {
        let (file, text) = files
            .iter()
            .find(|(file, text)| !text.is_empty() && is_next(file, at) && code[at..].starts_with(text.as_str()))
            .ok_or_else(|| format!("{name}: byte {at} does not start {own} or, after it, a file of shared/"))?;
        parts.push((file.clone(), at..at + text.len()));
        at += text.len();
    }
    Ok(parts)
}

/// All shaders of the tables.
///
/// # Panics
/// When naga rejects one, or one has text of no file.
pub fn shaders() -> Vec<Shader> {
    let files = files();
    let read = |(name, code)| {
        let parts = split(name, code, &files)?;
        Ok(Shader { parts, ..Shader::parse(name, code)? })
    };
    sources().into_iter().map(read).collect::<Result<_, String>>().unwrap_or_else(|error| panic!("{error}"))
}

/// The files of `files` that no shader of `sources` has, and the shaders with text of no file.
pub fn file_failures<'a>(
    sources: impl IntoIterator<Item = (&'a str, &'a str)>,
    files: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut unused: BTreeSet<&str> = files.keys().map(String::as_str).collect();
    let mut failures = Vec::new();
    for (name, code) in sources {
        match split(name, code, files) {
            Ok(parts) => parts.iter().for_each(|(file, _)| {
                unused.remove(file.as_str());
            }),
            Err(failure) => failures.push(failure),
        }
    }
    failures.extend(unused.into_iter().map(|file| format!("{file}: no shader of the tables has it")));
    failures
}

/// Checks that there are no failures.
///
/// # Panics
/// With the list of all failures, each once, if there are any.
pub fn assert_none(failures: impl IntoIterator<Item = String>) {
    let failures: BTreeSet<String> = failures.into_iter().collect();
    let lines = failures.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(failures.is_empty(), "{} failures:\n{lines}", failures.len());
}

//! The import graph of a crate's files, built from every `use` and every path outside tests.
//!
//! `mod x;` in a parent is not an import. Importing a name that a folder re-exports (`pub use child::Name;`) counts as
//! an import of the child. For files inside that folder it counts as an import of the folder's own file, and so as a
//! cycle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The files of a library or a program: path relative to its root, and text.
pub struct Tree {
    pub name: String,
    files: BTreeMap<String, String>,
}

/// Which files each file imports.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

impl Tree {
    /// From pairs of path and text.
    pub fn new<'a>(name: &str, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files = files.into_iter().map(|(file, text)| (file.to_owned(), without_tests(text))).collect();
        Self { name: name.to_owned(), files }
    }

    /// The trees of the crate in `crates/NAME`: its library, and each of its programs.
    ///
    /// # Panics
    /// When its files cannot be read.
    pub fn of_crate(name: &str) -> Vec<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(name).join("src");
        let mut trees = vec![Self::read(name, &source)];
        let folder_name = |path: &PathBuf| path.file_name().expect("it has a name").to_string_lossy().into_owned();
        let programs = entries(&source).into_iter().filter(|path| is_program(path));
        trees.extend(programs.map(|path| Self::read(&folder_name(&path), &path)));
        trees
    }

    fn read(name: &str, root: &Path) -> Self {
        let (mut files, mut folders) = (BTreeMap::new(), vec![root.to_owned()]);
        while let Some(folder) = folders.pop() {
            for path in entries(&folder) {
                if path.is_dir() {
                    // Programs are separate trees.
                    folders.extend((!is_program(&path)).then_some(path));
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let file = path.strip_prefix(root).expect("it is inside").to_string_lossy().replace('\\', "/");
                    let text = std::fs::read_to_string(&path).expect("a file of Rust is text");
                    files.insert(file, without_tests(&text));
                }
            }
        }
        Self { name: name.to_owned(), files }
    }

    /// What the files import.
    pub fn graph(&self) -> Graph {
        let modules: BTreeMap<Vec<String>, &str> =
            self.files.keys().map(|file| (module(file), file.as_str())).collect();
        let mut imports: Vec<(&str, Import)> = vec![];
        let mut passed_on = BTreeMap::new();
        for (file, text) in &self.files {
            let own = module(file);
            for import in imports_of(text) {
                let Some(path) = absolute(&own, &import.path, &modules) else { continue };
                if import.is_public && path.starts_with(&own) && path.len() > own.len() + 1 {
                    passed_on.insert([own.as_slice(), &path[path.len() - 1..]].concat(), path.clone());
                }
                imports.push((file, Import { path, ..import }));
            }
        }
        let mut graph: Graph = self.files.keys().map(|file| (file.clone(), BTreeSet::new())).collect();
        for (file, import) in imports {
            let imported = target(&module(file), import.path, &modules, &passed_on);
            if let Some(imported) = imported.filter(|imported| *imported != file) {
                graph.get_mut(file).expect("a file of the tree").insert(imported.to_owned());
            }
        }
        graph
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of the crate can be read");
    entries.map(|entry| entry.expect("an entry can be read").path()).collect()
}

/// Whether a folder contains a program, separate from the library.
fn is_program(folder: &Path) -> bool {
    folder.join("main.rs").exists()
}

/// The import cycles of a graph, each as the set of its files.
pub fn circles(graph: &Graph) -> Vec<BTreeSet<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        graph.keys().map(|file| (file.as_str(), reached(graph, file))).collect();
    let mut circles = BTreeSet::new();
    for (file, from) in reached.iter().filter(|(file, from)| from.contains(*file)) {
        circles.insert(from.iter().copied().filter(|other| reached[other].contains(file)).collect::<BTreeSet<&str>>());
    }
    circles.into_iter().collect()
}

/// All files that a file imports, directly or indirectly.
fn reached<'a>(graph: &'a Graph, from: &'a str) -> BTreeSet<&'a str> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(file) = open.pop() {
        let next = graph.get(file).into_iter().flatten().map(String::as_str);
        open.extend(next.filter(|next| seen.insert(*next)));
    }
    seen
}

/// The import cycles.
pub fn circle_failures(tree: &Tree) -> Vec<String> {
    let graph = tree.graph();
    let sentence = |circle: BTreeSet<&str>| {
        format!("{}: {} files in a circle: {}", tree.name, circle.len(), way_round(&graph, &circle))
    };
    circles(&graph).into_iter().map(sentence).collect()
}

/// The files of the two backends that import the twins against which they are tested.
pub fn reference_failures(tree: &Tree) -> Vec<String> {
    let is_backend = |file: &str| file.starts_with("cpu/") || file.starts_with("gpu/");
    let backends = tree.graph().into_iter().filter(|(file, _)| is_backend(file));
    let of_file = |(file, imported): (String, BTreeSet<String>)| {
        let twins = imported.into_iter().filter(|imported| imported.starts_with("reference/"));
        twins.map(move |twin| format!("{file} imports {twin}")).collect::<Vec<_>>()
    };
    backends.flat_map(of_file).collect()
}

/// The files that import one of a layer above their own; `layers` from the top, each by its files and folders.
pub fn layer_failures(tree: &Tree, layers: &[Vec<&str>]) -> Vec<String> {
    let layer = |file: &str| {
        let name = file.split('/').next().unwrap_or(file).trim_end_matches(".rs");
        layers.iter().position(|layer| layer.contains(&name))
    };
    let mut failures = vec![];
    for (file, imported) in tree.graph().into_iter().filter(|(file, _)| file != "lib.rs") {
        let Some(own) = layer(&file) else {
            failures.push(format!("{file} is in no layer"));
            continue;
        };
        let above = imported.iter().filter(|other| layer(other).is_some_and(|other| other < own));
        failures.extend(above.map(|other| format!("{file} imports {other}, which is above it")));
    }
    failures
}

/// The shortest path from the first file of a cycle back to it.
fn way_round(graph: &Graph, circle: &BTreeSet<&str>) -> String {
    let start = *circle.first().expect("a circle has files");
    let mut ways = vec![vec![start]];
    for k in 0.. {
        let way = ways[k].clone();
        for next in graph[way[way.len() - 1]].iter().map(String::as_str).filter(|next| circle.contains(next)) {
            let longer = [way.as_slice(), &[next]].concat();
            if next == start {
                return longer.join(" -> ");
            }
            if !ways.iter().any(|way| way.contains(&next)) {
                ways.push(longer);
            }
        }
    }
    unreachable!("a cycle leads back to its first file")
}

/// The module of a file.
fn module(file: &str) -> Vec<String> {
    let mut path: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if ["mod", "lib", "main"].contains(&path[path.len() - 1].as_str()) {
        path.pop();
    }
    path
}

/// The path from the crate's root, if it is a path of this crate.
fn absolute(own: &[String], path: &[String], modules: &BTreeMap<Vec<String>, &str>) -> Option<Vec<String>> {
    let supers = path.iter().take_while(|segment| *segment == "super").count();
    let base = match path[0].as_str() {
        "crate" => return Some(path[1..].to_vec()),
        "super" => return Some([&own[..own.len().checked_sub(supers)?], &path[supers..]].concat()),
        "self" => return Some([own, &path[1..]].concat()),
        child => [own, &[child.to_owned()]].concat(),
    };
    modules.contains_key(&base).then(|| [own, path].concat())
}

/// The file that is imported by `path` in module `own`.
fn target<'a>(
    own: &[String],
    mut path: Vec<String>,
    modules: &BTreeMap<Vec<String>, &'a str>,
    passed_on: &BTreeMap<Vec<String>, Vec<String>>,
) -> Option<&'a str> {
    loop {
        let depth = (0..=path.len()).rev().find(|&depth| modules.contains_key(&path[..depth]))?;
        match path.get(..=depth).and_then(|name| passed_on.get(name)) {
            Some(defined) if !own.starts_with(&path[..depth]) => path = [defined, &path[depth + 1..]].concat(),
            _ => return modules.get(&path[..depth]).copied(),
        }
    }
}

/// A text without its module of tests and without comments.
fn without_tests(text: &str) -> String {
    let text = match text.split_once("#[cfg(test)]\nmod ") {
        Some((before, tests)) => format!("{before}{}", tests.split_once("\n}\n").map_or("", |(_, after)| after)),
        None => text.to_owned(),
    };
    let code = |line: &str| line.split_once("//").map_or(line, |(code, _)| code).to_owned();
    text.lines().map(code).collect::<Vec<_>>().join("\n")
}

struct Import {
    path: Vec<String>,
    /// Of a `pub use`.
    is_public: bool,
}

/// Every leaf of a `use`, and every other path from `crate` or `super`.
fn imports_of(text: &str) -> Vec<Import> {
    let words = words(text);
    let (mut imports, mut at, mut is_public) = (vec![], 0, false);
    while at < words.len() {
        let follows = |offset: usize, word: &str| words.get(at + offset).is_some_and(|next| next == word);
        match words[at].as_str() {
            "pub" => {
                is_public = follows(1, "use") || (follows(1, "(") && follows(3, ")") && follows(4, "use"));
                at += if follows(1, "(") { 4 } else { 1 };
            }
            "use" => {
                let mut leaves = vec![];
                at = leaves_of_tree(&words, at + 1, &[], &mut leaves);
                imports.extend(leaves.into_iter().map(|path| Import { path, is_public }));
                is_public = false;
            }
            "crate" | "super" if follows(1, "::") => {
                let mut path = vec![words[at].clone()];
                while words.get(at + 1).is_some_and(|word| word == "::")
                    && words.get(at + 2).is_some_and(|word| is_name(word))
                {
                    path.push(words[at + 2].clone());
                    at += 2;
                }
                imports.push(Import { path, is_public: false });
                at += 1;
            }
            _ => at += 1,
        }
    }
    imports
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Adds the paths of a `use` tree that begins at word `at`; returns the index of the word after it.
fn leaves_of_tree(words: &[String], mut at: usize, prefix: &[String], leaves: &mut Vec<Vec<String>>) -> usize {
    let mut path = prefix.to_vec();
    loop {
        match words.get(at).map(String::as_str) {
            Some("::") => at += 1,
            Some("as") => at += 2,
            Some("{") => {
                at += 1;
                while words.get(at).is_some_and(|word| word != "}") {
                    at = leaves_of_tree(words, at, &path, leaves);
                    at += usize::from(words.get(at).is_some_and(|word| word == ","));
                }
                return at + 1;
            }
            Some("self") if path.len() > prefix.len() || !prefix.is_empty() => at += 1,
            Some("*") => at += 1,
            Some(word) if is_name(word) => {
                path.push(word.to_owned());
                at += 1;
            }
            _ => break,
        }
    }
    leaves.extend((!path.is_empty()).then_some(path));
    at
}

/// Tokens: names, `::`, and every other character by itself.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![];
    let mut goes_on = false;
    for c in text.chars() {
        let is_of_name = c.is_alphanumeric() || c == '_';
        match words.last_mut() {
            Some(last) if goes_on && is_of_name => last.push(c),
            Some(last) if c == ':' && last == ":" => last.push(c),
            _ if c.is_whitespace() => {}
            _ => words.push(c.to_string()),
        }
        goes_on = is_of_name;
    }
    words
}

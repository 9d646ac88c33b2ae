//! The markup of the panels: its formulas are TeX, and become MathML when the page is built.

use flowsketch_lessons::typeset;
use std::path::Path;
use std::{env, fs};

const FROM: &str = "src/panels/program";

fn main() {
    println!("cargo::rerun-if-changed={FROM}");
    let to = env::var_os("OUT_DIR").expect("cargo names the folder");
    write(Path::new(FROM), Path::new(&to));
}

/// Writes every HTML file of a folder and of those in it to the same place in `to`.
fn write(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let place = to.join(path.file_name().expect("a file has a name"));
        if path.is_dir() {
            write(&path, &place);
        } else if path.extension().is_some_and(|end| end == "html") {
            let markup = fs::read_to_string(&path).expect("markup is text");
            let markup = typeset(&markup).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
            fs::create_dir_all(to).expect("a folder can be made");
            fs::write(&place, markup).expect("the file can be written");
        }
    }
}

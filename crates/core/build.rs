//! Says where the shaders are. For the browser that is a copy without comments and blanks, a third of the size; lines stay
//! where they are, so that an error names the true one.

mod strip;

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let shaders = Path::new(&variable("CARGO_MANIFEST_DIR")).join("../../shaders");
    println!("cargo:rerun-if-changed={}", shaders.display());
    let directory = if variable("CARGO_CFG_TARGET_ARCH") == "wasm32" {
        let copies = PathBuf::from(variable("OUT_DIR")).join("shaders");
        copy_stripped(&shaders, &copies);
        copies
    } else {
        shaders
    };
    println!("cargo:rustc-env=SHADERS={}", directory.display());
}

fn variable(name: &str) -> String {
    env::var(name).expect("cargo sets it")
}

fn copy_stripped(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("cargo's folder can be written to");
    for entry in fs::read_dir(from).expect("the shaders can be read") {
        let path = entry.expect("the shaders can be read").path();
        let copy = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy_stripped(&path, &copy);
        } else {
            let text = fs::read_to_string(&path).expect("a shader is text");
            let stripped: String = text.lines().flat_map(|line| [strip::strip(line), "\n".into()]).collect();
            fs::write(copy, stripped).expect("cargo's folder can be written to");
        }
    }
}

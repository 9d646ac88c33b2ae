//! Writes the pages of all lessons, and MathML for the formulas of a page: `flowsketch-lessons FROM TO PAGE`, where FROM has
//! the lessons and their style sheet, and PAGE is changed in place.

use flowsketch_lessons::{Lesson, index, page, read, typeset};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [from, to, page] = paths.as_slice() else {
        eprintln!("usage: flowsketch-lessons FROM TO PAGE");
        return ExitCode::from(2);
    };
    match write(from, to).and_then(|()| set_formulas(page)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn failed(path: &Path, error: std::io::Error) -> String {
    format!("{}: {error}.", path.display())
}

fn set_formulas(page: &Path) -> Result<(), String> {
    let markup = fs::read_to_string(page).map_err(|error| failed(page, error))?;
    let markup = typeset(&markup).map_err(|fault| format!("{}: {fault}.", page.display()))?;
    fs::write(page, markup).map_err(|error| failed(page, error))
}

fn write(from: &Path, to: &Path) -> Result<(), String> {
    let mut lessons: Vec<Lesson> = vec![];
    for entry in fs::read_dir(from).map_err(|error| failed(from, error))? {
        let path = entry.map_err(|error| failed(from, error))?.path();
        if path.extension().is_some_and(|end| end == "md") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            lessons.push(read(&name, &fs::read_to_string(&path).map_err(|error| failed(&path, error))?)?);
        }
    }
    lessons.sort_by_key(|lesson| lesson.number);
    fs::create_dir_all(to).map_err(|error| failed(to, error))?;
    let save =
        |name: String, html: String| fs::write(to.join(&name), html).map_err(|error| failed(&to.join(name), error));
    for (k, lesson) in lessons.iter().enumerate() {
        save(format!("{}.html", lesson.name), page(lesson, lessons.get(k + 1)))?;
    }
    save("index.html".into(), index(&lessons))?;
    let style = from.join("lessons.css");
    fs::copy(&style, to.join("lessons.css")).map(|_| ()).map_err(|error| failed(&style, error))
}

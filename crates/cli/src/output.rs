//! What the tool writes: lines to the terminal, and files, all of them or none.

use crate::failure::Failure;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// Prints a line to stdout; arguments as for `println!`. Evaluates to a `Result`.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::output::line(format_args!($($words)*))
    };
}
pub(crate) use say;

/// Prints a line to stdout.
///
/// # Errors
/// [`Failure::Closed`] when the reader has closed the pipe, or else a sentence.
pub fn line(words: impl Display) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{words}").and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::Closed,
        _ => Failure::Run(format!("The results cannot be printed: {error}.")),
    })
}

/// Prints a line to stderr. Where that cannot be written to, nobody can be told.
pub fn warn(words: impl Display) {
    _ = writeln!(io::stderr(), "{words}");
}

/// Files of one folder that appear together, once all of them are complete: until then, and when the program is ended
/// early, earlier files of these names stay as they are.
pub struct Output {
    folder: PathBuf,
    /// Whether the folder is new; then it goes again if nothing is written.
    is_new: bool,
    written: Vec<(PathBuf, NamedTempFile)>,
}

impl Output {
    /// Makes the folder if needed, and checks that files of these names can be written to it.
    ///
    /// # Errors
    /// A sentence, when they cannot.
    pub fn prepare(folder: &Path, names: &[&str]) -> Result<Self, Failure> {
        let refuse = |error: &dyn Display| {
            Failure::Input(format!("The folder {} cannot be written to: {error}.", folder.display()))
        };
        if folder.exists() && !folder.is_dir() {
            return Err(refuse(&"it is a file"));
        }
        let is_new = !folder.exists();
        std::fs::create_dir_all(folder).map_err(|error| refuse(&error))?;
        let output = Self { folder: folder.into(), is_new, written: vec![] };
        if let Some(name) = names.iter().find(|name| folder.join(name).is_dir()) {
            return Err(Failure::Input(format!("{} cannot be written: it is a folder.", folder.join(name).display())));
        }
        output.temporary().map_err(|error| refuse(&error))?;
        Ok(output)
    }

    fn temporary(&self) -> io::Result<NamedTempFile> {
        let mut builder = Builder::new();
        builder.prefix(".flowsketch-");
        // As for other new files; those of the crate are for the owner only.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(&self.folder)
    }

    /// Writes a file by `with`, under a temporary name.
    ///
    /// # Errors
    /// A sentence, when it cannot be written.
    pub fn write(&mut self, name: &str, with: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), Failure> {
        let path = self.folder.join(name);
        let file = self.temporary().and_then(|mut file| {
            with(file.as_file_mut())?;
            file.as_file_mut().flush()?;
            Ok(file)
        });
        let file = file.map_err(|error| unwritable(&path, &error))?;
        self.written.push((path, file));
        Ok(())
    }

    /// Gives the files their names.
    ///
    /// # Errors
    /// A sentence, when that fails.
    pub fn keep(mut self) -> Result<(), Failure> {
        for (path, file) in std::mem::take(&mut self.written) {
            file.persist(&path).map_err(|error| unwritable(&path, &error.error))?;
        }
        self.is_new = false;
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.written.clear();
        if self.is_new {
            // Only if it is empty.
            _ = std::fs::remove_dir(&self.folder);
        }
    }
}

fn unwritable(path: &Path, error: &dyn Display) -> Failure {
    Failure::Run(format!("{} cannot be written: {error}.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_appear_together_or_not_at_all() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("out");
        let full = |_: &mut File| Err(io::Error::from(io::ErrorKind::StorageFull));
        let mut output = Output::prepare(&folder, &["a", "b"]).expect("it can be written to");
        output.write("a", |file| file.write_all(b"new")).expect("written");
        assert!(!folder.join("a").exists(), "before the others are complete");
        assert!(
            matches!(output.write("b", full), Err(Failure::Run(sentence)) if sentence.contains("cannot be written"))
        );
        drop(output);
        assert!(!folder.exists(), "a folder without results is left");

        fs::create_dir(&folder).and_then(|()| fs::write(folder.join("a"), "old")).expect("written");
        let mut output = Output::prepare(&folder, &["a"]).expect("it can be written to");
        output.write("a", |file| file.write_all(b"new")).expect("written");
        assert_eq!(fs::read_to_string(folder.join("a")).expect("the old one"), "old");
        output.keep().expect("kept");
        assert_eq!(fs::read_to_string(folder.join("a")).expect("the new one"), "new");
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1, "temporary files are left");
    }

    #[test]
    fn what_cannot_be_written_is_refused_before_the_work() {
        let parent = tempfile::tempdir().expect("a folder");
        let refused = |folder: &str, names: &[&str]| {
            matches!(Output::prepare(&parent.path().join(folder), names), Err(Failure::Input(_)))
        };
        fs::write(parent.path().join("file"), "").expect("written");
        assert!(refused("file", &[]) && refused("file/below", &[]));
        fs::create_dir_all(parent.path().join("out/fields.npz")).expect("made");
        assert!(refused("out", &["summary.json", "fields.npz"]) && !refused("out", &["summary.json"]));
    }
}

//! What is wrong with a file of points.

use std::fmt::{Display, Formatter, Result};

/// A file that cannot be read; it is shown as a sentence with the file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    name: String,
    /// The line of the text, or the row of the array, from 1; none if the fault is in the file as a whole.
    row: Option<usize>,
    /// The rest of the sentence, whose subject is the row or the file.
    predicate: String,
}

impl Fault {
    pub(super) fn file(predicate: impl Into<String>) -> Self {
        Self { name: String::new(), row: None, predicate: predicate.into() }
    }

    pub(super) fn row(row: usize, predicate: impl Into<String>) -> Self {
        Self { row: Some(row), ..Self::file(predicate) }
    }

    pub(super) fn not_two_numbers(row: usize) -> Self {
        Self::row(row, "is not two numbers x,y")
    }

    pub(super) fn of(self, name: &str) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The sentence for a place where it is clear which file is meant: the fault of a row does not name the file.
    pub fn by_row(&self) -> String {
        match self.row {
            Some(row) => format!("Row {row}: it {}.", self.predicate),
            None => self.to_string(),
        }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.row {
            Some(row) => write!(f, "Line {row} of {} {}.", self.name, self.predicate),
            None => write!(f, "{} {}.", self.name, self.predicate),
        }
    }
}

impl std::error::Error for Fault {}

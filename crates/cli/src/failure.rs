//! Why a command ended early, in one sentence.

use std::fmt;

/// The text is a sentence for the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The input is not valid; nothing was written.
    Input(String),
    /// Something failed during the work.
    Run(String),
    /// Whoever reads the output wants no more of it, as `head` does: no failure of the work.
    Closed,
}

impl Failure {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Run(_) => 1,
            Self::Closed => 0,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(sentence) | Self::Run(sentence) => f.write_str(sentence),
            Self::Closed => f.write_str("The reader has closed the pipe."),
        }
    }
}

impl std::error::Error for Failure {}

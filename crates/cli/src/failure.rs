//! Why a command ended early, in one sentence.

use std::fmt;

/// The text is a sentence for the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The input is not valid; nothing was written.
    Input(String),
    /// Something failed during the work.
    Run(String),
}

impl Failure {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Run(_) => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Input(sentence) | Self::Run(sentence)) = self;
        f.write_str(sentence)
    }
}

impl std::error::Error for Failure {}

//! The headless tool: solves, reproduces the paper's figures, and tests and times the machine. No mathematics here.

pub mod arguments;
pub mod backend;
pub mod bench;
mod canvas;
pub mod doctor;
pub mod failure;
mod figures;
pub mod measures;
mod output;
mod peak;
pub mod reproduce;
mod samples;
pub mod solve;
pub mod source;
mod training;

use arguments::{Arguments, Command};
use clap::Parser;
use failure::Failure;
use std::ffi::OsString;

/// Runs the command line. Returns the exit code: 0 on success, 1 when something failed during the work, 2 for bad
/// input.
pub fn run(command_line: impl IntoIterator<Item = OsString>) -> u8 {
    let outcome = match Arguments::try_parse_from(command_line) {
        Ok(arguments) => match &arguments.command {
            Command::Solve(solve) => solve::run(solve),
            Command::Reproduce(reproduce) => reproduce::run(reproduce),
            Command::Doctor => doctor::run(),
            Command::Bench(bench) => bench::run(bench),
        },
        Err(error) if !error.use_stderr() => {
            // Help and version. An error is ignored: the reader may close the pipe early.
            let _ = error.print();
            Ok(())
        }
        Err(error) => Err(Failure::Input(arguments::sentence(&error))),
    };
    match outcome {
        Ok(()) => 0,
        Err(failure @ Failure::Closed) => failure.code(),
        Err(failure) => {
            output::warn(&failure);
            failure.code()
        }
    }
}

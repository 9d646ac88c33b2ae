//! The headless tool: solves, reproduces the paper's figures, and looks after the machine. No mathematics here.

pub mod arguments;
pub mod backend;
pub mod bench;
mod canvas;
pub mod doctor;
pub mod failure;
mod figures;
pub mod measures;
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

/// Runs the command line; the exit code: 0, 1 for a failure on the way, 2 for input that asks for nothing sensible.
pub fn run(command_line: impl IntoIterator<Item = OsString>) -> u8 {
    let outcome = match Arguments::try_parse_from(command_line) {
        Ok(arguments) => match &arguments.command {
            Command::Solve(solve) => solve::run(solve),
            Command::Reproduce(reproduce) => reproduce::run(reproduce),
            Command::Doctor => doctor::run(),
            Command::Bench(bench) => bench::run(bench),
        },
        Err(error) if !error.use_stderr() => {
            // Help and version; who closes the pipe early has read enough.
            let _ = error.print();
            Ok(())
        }
        Err(error) => Err(Failure::Input(arguments::sentence(&error))),
    };
    match outcome {
        Ok(()) => 0,
        Err(failure) => {
            eprintln!("{failure}");
            failure.code()
        }
    }
}

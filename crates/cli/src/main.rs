//! `flowsketch`, see `flowsketch --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    flowsketch_cli::run(std::env::args_os()).into()
}

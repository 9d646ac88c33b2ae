//! `flowsketch`, see `flowsketch --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(unix)]
    quieten_drivers();
    flowsketch_cli::run(std::env::args_os()).into()
}

/// Graphics drivers look for a Wayland server, and print an error where there is no folder to look in. Here no window is
/// opened: any folder will do.
#[cfg(unix)]
fn quieten_drivers() {
    const FOLDER: &str = "XDG_RUNTIME_DIR";
    if std::env::var_os(FOLDER).is_none() {
        // SAFETY: the program has a single thread yet, so that no other reads the environment meanwhile.
        unsafe {
            std::env::set_var(FOLDER, std::env::temp_dir());
        }
    }
}

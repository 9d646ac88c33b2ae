//! The value of an expression of a lesson: `claim 'preset=moons&epsilon=0.2' 'cost()'`, with the query of a link, which may be
//! followed by # and its fragment. A claim also says whether it is true.

use flowsketch_worker::claims::{Claim, Judge, Situation};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [link, claims @ ..] if !claims.is_empty() => match print(link, claims) {
            Ok(()) => ExitCode::SUCCESS,
            Err(sentence) => {
                eprintln!("claim: {sentence}.");
                ExitCode::from(2)
            }
        },
        _ => {
            eprintln!("usage: claim LINK EXPRESSION..");
            ExitCode::from(2)
        }
    }
}

fn print(link: &str, claims: &[String]) -> Result<(), String> {
    let (query, fragment) = link.split_once('#').unwrap_or((link, ""));
    let situation = Situation::read(query, fragment)?;
    let mut judge = Judge::default();
    for text in claims {
        let claim = Claim::read(text)?;
        let value = judge.value(&claim, &situation)?;
        let truth = judge.is_true(&claim, &situation).map_or(String::new(), |is_true| format!("  {is_true}"));
        println!("{value:.6}  {text}{truth}");
    }
    Ok(())
}

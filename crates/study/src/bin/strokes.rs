//! Compares how a run can follow the drawing while the pen moves: KL to the source after pen-up, for each way and some
//! strokes. Prints the table of BENCHMARKS.md. An argument sets the number of sources that are taken during a stroke.

use flowsketch_core::config::Config;
use flowsketch_core::cpu::session::CpuSession;
use flowsketch_core::measure::{Brush, Drawing, Preset, Target, Tool};
use flowsketch_core::run::Onward;
use std::time::Instant;

/// Sources taken while the pen moves, and training steps between two of them: some two seconds of drawing.
const SNAPSHOTS: usize = 25;
const STEPS: u32 = 5;
/// Training steps before the stroke.
const BEFORE: u32 = 1_500;
/// Training steps after pen-up at which KL is reported.
const AFTER: [u32; 7] = [0, 25, 50, 100, 200, 400, 800];

struct Case {
    name: &'static str,
    tool: Tool,
    /// What is on the pad before the stroke, and is learned first.
    ground: fn(&mut Drawing),
    /// The position of the pen, for a share of the stroke from 0 to 1.
    path: fn(f64) -> [f64; 2],
}

const BRUSH: Brush = Brush { radius: 0.25, softness: 0.8 };

fn wave(s: f64) -> [f64; 2] {
    [-2.4 + 4.8 * s, 1.6 * (6.0 * s).sin()]
}

fn ring(s: f64) -> [f64; 2] {
    let angle = std::f64::consts::TAU * s;
    [2.0 * angle.cos(), 2.0 * angle.sin()]
}

fn dash(s: f64) -> [f64; 2] {
    [2.0 + 0.8 * s, 2.2 - 0.5 * s]
}

fn draw(drawing: &mut Drawing, tool: Tool, path: fn(f64) -> [f64; 2]) {
    drawing.begin(tool, BRUSH, path(0.0));
    (1..=100).for_each(|k| drawing.extend(path(f64::from(k) / 100.0)));
    drawing.end();
}

const CASES: [Case; 5] = [
    Case {
        name: "first stroke, a wave on 2spirals",
        tool: Tool::Draw,
        ground: |drawing| drawing.load(Preset::TwoSpirals),
        path: wave,
    },
    Case {
        name: "first stroke, a ring on checkerboard",
        tool: Tool::Draw,
        ground: |drawing| drawing.load(Preset::Checkerboard),
        path: ring,
    },
    Case {
        name: "second stroke, a wave in a ring",
        tool: Tool::Draw,
        ground: |drawing| draw(drawing, Tool::Draw, ring),
        path: wave,
    },
    Case {
        name: "second stroke, a dash by a wave",
        tool: Tool::Draw,
        ground: |drawing| draw(drawing, Tool::Draw, wave),
        path: dash,
    },
    Case {
        name: "a wave erased from checkerboard",
        tool: Tool::Erase,
        ground: |drawing| drawing.load(Preset::Checkerboard),
        path: wave,
    },
];

/// Each way: how the run continues with the first source of a stroke, with the others, and with that of pen-up; none:
/// the run ignores the source.
const WAYS: [(&str, [Option<Onward>; 3]); 6] = [
    ("afresh at pen-up", [None, None, Some(Onward::Afresh)]),
    ("warm at pen-up", [None, None, Some(Onward::Warm)]),
    ("afresh at pen-down, on", [Some(Onward::Afresh), Some(Onward::On), Some(Onward::On)]),
    ("afresh at pen-down, warm at pen-up", [Some(Onward::Afresh), Some(Onward::On), Some(Onward::Warm)]),
    ("warm at pen-down, on", [Some(Onward::Warm), Some(Onward::On), Some(Onward::On)]),
    ("warm at pen-down, warm at pen-up", [Some(Onward::Warm), Some(Onward::On), Some(Onward::Warm)]),
];

/// The mean KL over the sources taken while the pen moves, if there are any; and KL after each of [`AFTER`].
fn run(case: &Case, snapshots: usize, [first, others, last]: [Option<Onward>; 3]) -> (Option<f64>, [f64; AFTER.len()]) {
    let mut drawing = Drawing::default();
    (case.ground)(&mut drawing);
    let config = Config { epsilon: 0.2, ..Config::default() };
    let mut session = CpuSession::new(config, &drawing.density().expect("there is something"), Target::Normal);
    session.train(BEFORE);
    let mut drawn = vec![];
    drawing.begin(case.tool, BRUSH, (case.path)(0.0));
    for snapshot in 0..=snapshots {
        let share = |snapshot: usize| snapshot as f64 / snapshots as f64;
        let points = [share(snapshot.saturating_sub(1)), share(snapshot)].map(|s| (100.0 * s).round() as usize);
        (points[0]..=points[1]).for_each(|k| drawing.extend((case.path)(k as f64 / 100.0)));
        if let Some(onward) = if snapshot == 0 { first } else { others } {
            session.follow(&drawing.density().expect("there is something"), onward, false);
            session.train(STEPS);
            drawn.push(session.tabulate().metrics.kl_source);
        }
    }
    drawing.end();
    session.follow(&drawing.density().expect("there is something"), last.expect("pen-up is told"), true);
    let mut trained = 0;
    let after = AFTER.map(|steps| {
        session.train(steps - trained);
        trained = steps;
        session.tabulate().metrics.kl_source
    });
    ((!drawn.is_empty()).then(|| drawn.iter().sum::<f64>() / drawn.len() as f64), after)
}

fn main() {
    let snapshots = std::env::args().nth(1).map_or(SNAPSHOTS, |text| text.parse().expect("a number of sources"));
    println!("| stroke | way | drawing | {} |", AFTER.map(|steps| steps.to_string()).join(" | "));
    for case in &CASES {
        for (name, way) in WAYS {
            let start = Instant::now();
            let (drawing, after) = run(case, snapshots, way);
            let drawing = drawing.map_or(String::new(), |kl| format!("{kl:.2}"));
            println!("| {} | {name} | {drawing} | {} |", case.name, after.map(|kl| format!("{kl:.3}")).join(" | "));
            eprintln!("{:.1} s", start.elapsed().as_secs_f64());
        }
    }
}

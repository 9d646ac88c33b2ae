//! Runs the built program as a user would.

use flowsketch_cli::source::{ReadSettings, read};
use flowsketch_core::config::Config;
use flowsketch_core::cpu::session::CpuSession;
use flowsketch_core::lattice::normalised;
use flowsketch_core::measure::{Import, Levels, Preset, Target};
use flowsketch_files::weights::Weights;
use image::{GrayImage, Luma, Rgb, RgbImage};
use npyz::NpyFile;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use zip::ZipArchive;

/// Points of the flow lattice along one axis.
const G: u64 = 108;

fn flowsketch(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flowsketch"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn solve(folder: &Path, arguments: &[&str]) -> Value {
    let output = flowsketch(folder, &[&["solve", "--out", "out"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&fs::read(folder.join("out/summary.json")).expect("a summary")).expect("it is JSON")
}

fn array(folder: &Path, name: &str) -> (Vec<u64>, Vec<f32>) {
    let file = fs::File::open(folder.join("out/fields.npz")).expect("it is there");
    let mut archive = ZipArchive::new(file).expect("an archive");
    let array = NpyFile::new(archive.by_name(&format!("{name}.npy")).expect("it is there")).expect("it opens");
    (array.shape().to_vec(), array.into_vec::<f32>().expect("it holds float32"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn bad_input_is_one_sentence_and_exit_code_2() {
    let folder = TempDir::new().expect("a folder");
    let file = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).expect("it is written");
    GrayImage::from_pixel(9, 7, Luma([255])).save(folder.path().join("white.png")).expect("it is written");
    file("broken.png", b"not a picture");
    file("words.csv", b"x,y\n1,2\n3,four\n");
    file("three.csv", b"1,2,3\n");
    file("far.csv", b"x,y\n1,2\n30,4\n");
    file("nan.csv", b"1,2\nnan,4\n");
    file("empty.csv", b"x,y\n");
    file("one.csv", b"1,1\n");
    file("taken", b"");
    file("weights.json", b"{\"format\":1}");
    let rest = ["--epsilon", "0.2", "--method", "exact", "--out", "out"];
    let from = |source: &'static str| [&["solve", "--source", source][..], &rest].concat();
    let with = |more: &[&'static str]| [&["solve", "--source", "moons", "--out", "out"], more].concat();
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (vec![], "solve, reproduce, doctor or bench"),
        (vec!["sovle"], "sovle"),
        (vec!["solve", "--source", "moons"], "--epsilon"),
        (from("moon"), "checkerboard"),
        (from("absent.png"), "absent.png"),
        (from("broken.png"), "broken.png"),
        (from("white.png"), "has no ink"),
        (from("absent.csv"), "absent.csv"),
        (from("words.csv"), "Line 3"),
        (from("three.csv"), "Line 1"),
        (from("nan.csv"), "nan.csv has one point only"),
        (from("far.csv"), "--fit"),
        (from("empty.csv"), "no points"),
        (from("one.csv"), "--bandwidth"),
        (with(&["--epsilon", "0.01", "--method", "exact"]), "0.05"),
        (with(&["--epsilon", "-1", "--method", "exact"]), "0.05"),
        (with(&["--epsilon", "NaN", "--method", "exact"]), "0.05"),
        (with(&["--epsilon", "1", "--method", "guess"]), "exact, learned"),
        (with(&["--epsilon", "1", "--method", "learned", "--steps", "1.5"]), "whole number"),
        (with(&["--epsilon", "1", "--method", "learned", "--steps", "3", "--evaluations", "3"]), "--evaluations"),
        (with(&["--epsilon", "1", "--method", "learned", "--target", "rings", "--gpu"]), "--gpu"),
        (with(&["--epsilon", "1", "--method", "learned", "--target", "rings", "--half"]), "--half"),
        (with(&["--epsilon", "1", "--method", "exact", "--bandwidth", "0"]), "0.05"),
        (with(&["--epsilon", "1", "--method", "exact", "--seed", "-3"]), "--seed"),
        (vec!["solve", "--source", "moons", "--epsilon", "1", "--method", "exact", "--out", "taken"], "taken"),
        (with(&["--epsilon", "1", "--method", "learned", "--draws", "3"]), "--recipe paper"),
        (with(&["--epsilon", "1", "--method", "learned", "--recipe", "paper", "--draws", "0"]), "draw"),
        (with(&["--epsilon", "1", "--method", "learned", "--learning-rate", "-1"]), "learning rate"),
        (vec!["reproduce", "figure3", "--out", "out"], "figure1"),
        (vec!["solve", "--out", "out"], "--source"),
        (vec!["solve", "--weights", "absent.json", "--out", "out"], "absent.json"),
        (vec!["solve", "--weights", "weights.json", "--out", "out"], "weights.json"),
        (vec!["solve", "--weights", "broken.png", "--out", "out"], "broken.png"),
        (vec!["solve", "--weights", "weights.json", "--steps", "3", "--out", "out"], "--steps"),
        (with(&["--weights", "weights.json"]), "--weights"),
        (with(&["--epsilon", "1", "--method", "exact", "--level", "1.5"]), "from 0 to 1"),
        (vec!["solve", "--weights", "weights.json", "--invert", "--out", "out"], "--invert"),
    ];
    for (arguments, expected) in cases {
        let output = flowsketch(folder.path(), &arguments);
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert_eq!(stdout, "", "{arguments:?}");
        assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
        assert!(stderr.trim_end().ends_with('.') && stderr.contains(expected), "{arguments:?}: {stderr}");
        assert!(!folder.path().join("out").exists(), "{arguments:?} wrote something");
    }
}

#[test]
fn help_teaches_on_stdout() {
    let folder = TempDir::new().expect("a folder");
    for (arguments, expected) in [
        (vec!["--help"], "Brownian motion"),
        (vec!["solve", "--help"], "fields.npz"),
        (vec!["--version"], "flowsketch"),
    ] {
        let output = flowsketch(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0));
        let words = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<&str>>().join(" ");
        assert!(words.contains(expected), "{arguments:?}: {words}");
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn an_exact_solution_is_written_with_the_shapes_and_the_mass_that_are_promised() {
    let folder = TempDir::new().expect("a folder");
    fs::create_dir(folder.path().join("out")).expect("a folder");
    fs::write(folder.path().join("out/notes.txt"), "mine").expect("it is written");
    let summary = solve(folder.path(), &["--source", "8gaussians", "--epsilon", "1", "--method", "exact"]);
    assert!(number(&summary["measures"]["exact"]["kl_source"]) < 1e-5);
    assert!(number(&summary["measures"]["exact"]["marginal_target"]) < 1e-4);
    assert!(number(&summary["measures"]["exact"]["continuity"]) < 0.02);
    assert_eq!(fs::read_to_string(folder.path().join("out/notes.txt")).expect("it is left alone"), "mine");

    let (shape, x) = array(folder.path(), "x");
    assert_eq!(shape, [G]);
    let cell = f64::from(x[1] - x[0]).powi(2);
    let (shape, t) = array(folder.path(), "t");
    assert_eq!((shape, t), (vec![7], [0.0, 0.25, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.75, 1.0].map(|t: f32| t).to_vec()));
    for name in ["p_source", "p_target", "phi", "psi"] {
        assert_eq!(array(folder.path(), name).0, [G, G], "{name}");
    }
    let (shape, rho) = array(folder.path(), "rho");
    assert_eq!(shape, [7, G, G]);
    for slice in rho.chunks_exact((G * G) as usize) {
        let mass = slice.iter().map(|&v| f64::from(v)).sum::<f64>() * cell;
        assert!((mass - 1.0).abs() < 2e-3, "{mass}");
    }
    // ρ_0 is the source.
    let p = array(folder.path(), "p_source").1;
    let worst = rho.iter().zip(&p).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 1e-4, "{worst}");
    let (shape, velocity) = array(folder.path(), "velocity");
    assert_eq!(shape, [7, G, G, 2]);
    // Axis 0 is x: at t = ½ the mass right of the centre moves left, and neither up nor down.
    let nearest = |c: f32| x.iter().position(|&x| x > c).expect("it is on the map");
    let cell = (3 * G as usize * G as usize + nearest(2.0) * G as usize + nearest(0.0)) * 2;
    assert!(velocity[cell] < -0.5 && velocity[cell + 1].abs() < 0.1, "{:?}", &velocity[cell..cell + 2]);

    // The velocity stays bounded at the edge of the mass, at every t.
    let fastest = velocity.iter().fold(0.0f32, |fastest, v| fastest.max(v.abs()));
    assert!(fastest < 200.0, "{fastest}");

    let samples = fs::read_to_string(folder.path().join("out/samples.csv")).expect("samples");
    assert_eq!(samples.lines().next(), Some("x,y"));
    assert_eq!(samples.lines().count(), 1001);
    assert!(number(&summary["measures"]["exact"]["energy_distance"]) < 0.03);
    let picture = image::open(folder.path().join("out/flow.png")).expect("a picture");
    assert!(picture.width() > 4 * picture.height() / 2);
}

#[test]
fn a_learned_solution_is_measured_both_ways() {
    let folder = TempDir::new().expect("a folder");
    let arguments = ["--source", "gaussian", "--epsilon", "0.5", "--method", "learned", "--cpu", "--steps", "3"];
    let summary = solve(folder.path(), &arguments);
    assert_eq!(summary["machine"]["backend"], "cpu");
    assert_eq!(summary["progress"]["steps"], 3);
    for way in ["transform", "network"] {
        let measures = &summary["measures"][way];
        // For a Gaussian source the base is exact before the first step.
        assert!(number(&measures["kl_source"]) < 0.05, "{way}: {measures}");
        for name in ["l1_rho", "velocity_error"] {
            for t in ["0.25", "0.5", "0.75"] {
                assert!(number(&measures[name][t]) < 0.2, "{way}: {measures}");
            }
        }
        let names = "tv_source mass marginal_source marginal_target dual optimum gap continuity maximality_phi \
                     maximality_psi energy_distance";
        names.split_whitespace().for_each(|name| assert!(number(&measures[name]).is_finite()));
        let gap = number(&measures["optimum"]) - number(&measures["dual"]);
        assert!((gap - number(&measures["gap"])).abs() < 1e-9);
    }
    assert_eq!(array(folder.path(), "rho").0, [7, G, G]);
}

#[test]
fn weights_of_the_page_are_measured_without_training() {
    let folder = TempDir::new().expect("a folder");
    let (config, source) = (Config { epsilon: 0.5, seed: 4, ..Config::default() }, Preset::Moons.density());
    let mut session = CpuSession::new(config.clone(), &source, Target::Normal);
    session.train(40);
    let metrics = session.tabulate().metrics;
    let weights = Weights { config, name: "moons".into(), source, target: None, checkpoint: session.checkpoint() };
    fs::write(folder.path().join("flow.json"), weights.to_json()).expect("it is written");
    let summary = solve(folder.path(), &["--weights", "flow.json"]);
    assert_eq!((&summary["progress"]["steps"], &summary["settings"]["seed"]), (&Value::from(40), &Value::from(4)));
    assert_eq!((&summary["settings"]["epsilon"], &summary["settings"]["method"]), (&0.5.into(), &"learned".into()));
    for (name, value) in [("kl_source", metrics.kl_source), ("dual", metrics.dual), ("mass", metrics.mass)] {
        let measured = number(&summary["measures"]["transform"][name]);
        assert!((measured - value).abs() < 1e-6, "{name}: {measured}, in the run {value}");
    }
    assert_eq!(array(folder.path(), "rho").0, [7, G, G]);
}

#[test]
fn weights_of_a_run_to_another_target_are_measured_against_that_target() {
    let folder = TempDir::new().expect("a folder");
    let (config, source) = (Config { epsilon: 0.5, ..Config::default() }, Preset::Moons.density());
    let target = Import { name: "the rings preset".into(), density: Preset::Rings.density() };
    let mut session = CpuSession::new(config.clone(), &source, Target::new(&target.density));
    session.train(40);
    let metrics = session.tabulate().metrics;
    let name = "moons".into();
    let weights = Weights { config, name, source, target: Some(target), checkpoint: session.checkpoint() };
    fs::write(folder.path().join("flow.json"), weights.to_json()).expect("it is written");
    let summary = solve(folder.path(), &["--weights", "flow.json"]);
    assert_eq!(summary["settings"]["target"]["name"], "the rings preset");
    let measures = &summary["measures"]["transform"];
    assert!((number(&measures["kl_source"]) - metrics.kl_source).abs() < 1e-6);
    assert!(number(&measures["marginal_target"]) < 1e-3, "{summary}");
    let (_, written) = array(folder.path(), "p_target");
    let (lattice, rings) = Preset::Rings.density().subsample(3);
    let off: f64 = written.iter().zip(normalised(&lattice, rings)).map(|(a, b)| (f64::from(*a) - b).abs()).sum();
    assert!(off * lattice.cell_area() < 1e-3, "{off}");
}

#[test]
fn other_targets_are_learned_too() {
    let folder = TempDir::new().expect("a folder");
    let ends = ["--source", "moons", "--target", "8gaussians", "--epsilon", "0.5"];
    let summary = solve(folder.path(), &[&ends[..], &["--method", "learned", "--evaluations", "4e5"]].concat());
    assert_eq!(summary["machine"]["backend"], "cpu");
    assert!(number(&summary["measures"]["transform"]["kl_source"]) < 0.05, "{summary}");
    assert!(number(&summary["measures"]["transform"]["marginal_target"]) < 1e-3, "{summary}");
    assert!(number(&summary["measures"]["network"]["l1_rho"]["0.75"]) < 0.1, "{summary}");
}

#[test]
fn the_recipe_of_the_paper_is_learned_too() {
    let folder = TempDir::new().expect("a folder");
    let paper = ["--recipe", "paper", "--batch", "100", "--draws", "20", "--optimiser", "sgd", "--activation", "silu"];
    let arguments = ["--source", "moons", "--epsilon", "1", "--method", "learned", "--cpu", "--evaluations", "9000"];
    let summary = solve(folder.path(), &[&arguments[..], &paper].concat());
    let recipe = &summary["settings"]["recipe"];
    assert_eq!((&recipe["name"], &recipe["optimiser"]), (&Value::from("paper"), &Value::from("sgd")));
    // 2 · 100 · 21 evaluations a step.
    assert_eq!(summary["progress"]["steps"], 3);
    assert_eq!(summary["progress"]["evaluations"], 3 * 4200);
    assert!(number(&summary["measures"]["transform"]["kl_source"]) > 0.1);
}

#[test]
fn images_and_points_are_sources_and_targets() {
    let folder = TempDir::new().expect("a folder");
    // A dark square on the left of a white picture, twice as wide as high.
    let square = |x: u32, y: u32| if x < 40 && (10..40).contains(&y) { Rgb([0u8; 3]) } else { Rgb([255; 3]) };
    RgbImage::from_fn(100, 50, square).save(folder.path().join("square.png")).expect("it is written");
    let points = (0..400).map(|k| {
        let angle = f64::from(k) * 0.1;
        format!("{},{}\n", 100.0 + 20.0 * angle.cos(), 50.0 + 20.0 * angle.sin())
    });
    fs::write(folder.path().join("circle.csv"), points.collect::<String>()).expect("it is written");
    let arguments =
        ["--source", "square.png", "--target", "circle.csv", "--fit", "--epsilon", "0.5", "--method", "exact"];
    let summary = solve(folder.path(), &arguments);
    assert!(number(&summary["measures"]["exact"]["kl_source"]) < 1e-4, "{summary}");
    assert!(number(&summary["measures"]["exact"]["marginal_target"]) < 1e-4, "{summary}");
    let target = &summary["settings"]["target"];
    assert_eq!([&target["points"], &target["left_out"]], [400, 0]);
    assert_eq!(target["columns"], serde_json::json!(["1", "2"]));
    assert_eq!(target["taken"], "400 points, columns 1 and 2.");
    assert!(number(&summary["settings"]["target"]["bandwidth"]) > 0.0);

    let x = array(folder.path(), "x").1;
    let mean = |name: &str, f: &dyn Fn(f32, f32) -> f32| {
        let p = array(folder.path(), name).1;
        let value = |cell: usize| p[cell] * f(x[cell / x.len()], x[cell % x.len()]);
        (0..p.len()).map(value).sum::<f32>() * (x[1] - x[0]).powi(2)
    };
    // 40 of 100 pixels on [−4, 4] are [−4, −0.8]; the middle of rows 10 to 40 is y = 0.
    assert!((mean("p_source", &|x, _| x) + 2.4).abs() < 0.01);
    assert!(mean("p_source", &|_, y| y).abs() < 0.01);
    // The circle has radius 3.5.
    let radius = mean("p_target", &|x, y| x.hypot(y));
    assert!((radius - 3.5).abs() < 0.1, "{radius}");
}

/// The ink of an image among the fixtures, and what is said of it.
fn image_of(name: &str, levels: Levels) -> (Vec<f32>, Option<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/images").join(name);
    let settings = ReadSettings { levels, ..ReadSettings::default() };
    let source = read(path.to_str().expect("a path"), &settings).expect("it is a source");
    (source.density.values().to_vec(), source.description["taken"].as_str().map(str::to_owned))
}

/// The share of the lattice that holds ink.
fn inked(values: &[f32]) -> f64 {
    values.iter().filter(|value| **value > 0.0).count() as f64 / values.len() as f64
}

#[test]
fn the_ink_of_images_of_people_is_found() {
    let (sketch, said) = image_of("photo_of_sketch.jpg", Levels::default());
    assert!(inked(&sketch) < 0.1, "{} of the map is ink", inked(&sketch));
    assert!(said.is_some_and(|said| said.contains("its paper subtracted")));
    let darkness = Levels { subtract: false, ..Levels::default() };
    assert!(inked(&image_of("photo_of_sketch.jpg", darkness).0) > 0.3, "without it the paper is mass");
    let (screen, said) = image_of("light_on_dark.png", Levels::default());
    assert!(inked(&screen) < 0.06 && said.as_deref() == Some("light on dark"));
    let (white, said) = image_of("white_on_transparent.png", Levels::default());
    assert!(inked(&white) < 0.1 && said.is_none(), "{} {said:?}", inked(&white));
}

#[test]
fn one_image_in_many_formats_is_one_source() {
    let folder = TempDir::new().expect("a folder");
    let image = RgbImage::from_fn(64, 64, |x, y| if x < 20 && y > 30 { Rgb([0u8; 3]) } else { Rgb([255; 3]) });
    let densities = ["png", "gif", "webp", "bmp", "tiff"].map(|ending| {
        let path = folder.path().join(format!("square.{ending}"));
        image.save(&path).expect("it is written");
        read(path.to_str().expect("a path"), &ReadSettings::default()).expect("it is a source").density
    });
    assert!(densities.iter().all(|density| density.values() == densities[0].values()));
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_gone_and_a_full_disk_end_quietly() {
    let folder = TempDir::new().expect("a folder");
    let with = |arguments: &[&str], stdout: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowsketch"));
        let command = command.current_dir(folder.path()).args(arguments).stdout(stdout);
        let output = command.stderr(Stdio::piped()).output().expect("the program starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let solve = ["solve", "--source", "gaussian", "--epsilon", "1", "--method", "exact", "--out", "out"];
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    assert_eq!(with(&solve, writer.into()), (Some(0), String::new()));
    assert!(folder.path().join("out/summary.json").exists(), "the files are written all the same");
    let full = fs::File::options().write(true).open("/dev/full").expect("it is there");
    let (code, stderr) = with(&solve, full.into());
    assert!(code == Some(1) && stderr.lines().count() == 1, "{code:?}: {stderr}");
    assert!(stderr.starts_with("The results cannot be printed"), "{stderr}");
}

#[test]
fn output_that_cannot_be_written_is_refused_before_the_work() {
    let folder = TempDir::new().expect("a folder");
    fs::create_dir_all(folder.path().join("out/fields.npz")).expect("a folder");
    fs::write(folder.path().join("out/summary.json"), "old").expect("it is written");
    let learn = ["--source", "gaussian", "--epsilon", "1", "--method", "learned", "--evaluations", "1e12"];
    let output = flowsketch(folder.path(), &[&["solve", "--out", "out"], &learn[..]].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.lines().count() == 1 && stderr.contains("fields.npz"), "{stderr}");
    assert_eq!(fs::read_to_string(folder.path().join("out/summary.json")).expect("it stays"), "old");
}

#[test]
fn the_doctor_tests_every_backend() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowsketch"));
    let output = command.arg("doctor").env_remove("XDG_RUNTIME_DIR").output().expect("the program starts");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "drivers print to stderr");
    let report = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("CPU: right") && report.contains("All is well."), "{report}");
}

#[test]
fn json_is_printed_for_scripts_and_files_are_written_only_where_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let asked = ["solve", "--source", "gaussian", "--epsilon", "1", "--method", "exact", "--json"];
    let printed = |arguments: &[&str]| -> Value {
        let output = flowsketch(folder.path(), arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("stdout is JSON alone")
    };
    let alone = printed(&asked);
    assert!(alone["measures"]["exact"]["marginal_source"].as_f64().expect("a number") < 1e-4, "{alone:#}");
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 0, "files that nobody asked for");
    let beside = printed(&[&asked[..], &["--out", "out"]].concat());
    let written = fs::read(folder.path().join("out/summary.json")).expect("a summary");
    assert_eq!(serde_json::from_slice::<Value>(&written).expect("it is JSON"), beside);
    assert_eq!(beside["measures"], alone["measures"]);
    let refused = flowsketch(folder.path(), &asked[..7]);
    assert!(refused.status.code() == Some(2) && String::from_utf8_lossy(&refused.stderr).contains("--out"));
}

/// A Python with a module. scripts/setup installs NumPy and POT, scripts/benchmark OTT-JAX; without the module a test says
/// that it was skipped.
fn python(module: &str) -> Option<&'static str> {
    let has_module = |python: &&str| {
        let import = format!("import {module}");
        Command::new(python).args(["-c", &import]).output().is_ok_and(|output| output.status.success())
    };
    // Debian's modules are those of Debian's Python, which may not be the first.
    let benchmark = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/benchmark/bin/python");
    let found = ["python3", "/usr/bin/python3", benchmark].into_iter().find(has_module);
    if found.is_none() {
        println!("skipped: there is no {module}");
    }
    found
}

/// The lines of Python in the lesson on conventions solve for the flow again, and say how far their φ is from the tool's.
#[test]
fn the_lines_of_the_lesson_find_the_same_potential() {
    let lesson = include_str!("../../../web/lessons/whose-epsilon.md");
    let programs: Vec<&str> = lesson.split("```python\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(programs.len(), 3);
    let folder = tempfile::tempdir().expect("a folder");
    solve(folder.path(), &["--source", "8gaussians", "--epsilon", "0.2", "--method", "exact"]);
    let difference = |python: &str, code: &str| {
        let run = Command::new(python).args(["-c", code]).current_dir(folder.path().join("out")).output();
        let run = run.expect("it starts");
        let words = String::from_utf8_lossy(&run.stdout).into_owned();
        let number = words.trim().rsplit(' ').next().and_then(|number| number.parse::<f64>().ok());
        number.unwrap_or_else(|| panic!("{words}{}", String::from_utf8_lossy(&run.stderr)))
    };
    for (module, code) in ["numpy", "ot", "ott"].into_iter().zip(programs) {
        let Some(python) = python(module) else { continue };
        let found = difference(python, code);
        assert!(found < 2e-3, "{module}: {found}");
        // Twice ε is another problem.
        let other = difference(python, &code.replace("EPSILON = 0.2", "EPSILON = 0.4"));
        assert!(other > 0.05, "{module}: {other}");
    }
}

#[test]
fn the_example_checks_the_fields_in_numpy() {
    let Some(python) = python("numpy") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/check_fields.py");
    let out = folder.path().join("out");
    let out = out.to_str().expect("a path of letters");
    solve(folder.path(), &["--source", "moons", "--epsilon", "0.2", "--method", "exact"]);
    let check = || Command::new(python).args([example, out]).output().expect("it starts");
    let checked = check();
    let report = String::from_utf8_lossy(&checked.stdout);
    assert!(
        checked.status.success() && report.lines().count() == 3,
        "{report}{}",
        String::from_utf8_lossy(&checked.stderr)
    );
    // A flow that was hardly trained has another source marginal: the example says so.
    solve(
        folder.path(),
        &["--source", "moons", "--epsilon", "0.2", "--method", "learned", "--cpu", "--evaluations", "2600"],
    );
    assert!(!check().status.success());
}

#[test]
fn every_preset_is_a_source_by_its_name() {
    for preset in Preset::ALL {
        let source = flowsketch_cli::source::read(preset.name(), &Default::default()).expect("it is a source");
        assert_eq!(source.name, preset.name());
    }
}

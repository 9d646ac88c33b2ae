//! Source densities: presets, drawings, samples, and the sampler of steps that draws from them. No GPU.

use flowsketch_core::config::Config;
use flowsketch_core::gaussian::Moments;
use flowsketch_core::lattice::{Lattice, SOURCE_MASK, normalised};
use flowsketch_core::measure::{
    Brush, DENSITY_COUNT, Density, DensityError, Drawing, Import, Preset, Sampler, Tool, density_lattice,
};
use flowsketch_core::step_sampler::StepSampler;
use flowsketch_study::sources;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

const SOFT: Brush = Brush { radius: 0.4, softness: 1.0 };

/// Draws a stroke through these points.
fn stroke(drawing: &mut Drawing, tool: Tool, brush: Brush, points: &[[f64; 2]]) {
    drawing.begin(tool, brush, points[0]);
    points[1..].iter().for_each(|&point| drawing.extend(point));
    drawing.end();
}

/// The ink at the lattice point nearest to x.
fn ink_at(drawing: &Drawing, x: [f64; 2]) -> f64 {
    let lattice = density_lattice();
    let [i, j] = [0, 1].map(|axis| ((x[axis] - lattice.origin[axis]) / lattice.step).round() as usize);
    f64::from(drawing.ink()[i * DENSITY_COUNT + j])
}

/// A point of the lattice, so that [`ink_at`] reads exactly there.
fn on_lattice(i: usize, j: usize) -> [f64; 2] {
    let lattice = density_lattice();
    [lattice.coordinate(0, i), lattice.coordinate(1, j)]
}

#[test]
fn a_dot_has_the_profile_of_its_brush() {
    let centre = on_lattice(150, 170);
    for softness in [0.0, 0.5, 1.0] {
        let brush = Brush { radius: 0.4, softness };
        let mut drawing = Drawing::default();
        stroke(&mut drawing, Tool::Draw, brush, &[centre]);
        let power = 2f64.powf(1.0 + 3.0 * (1.0 - softness));
        for cells in 0..24 {
            let d = f64::from(cells) / 30.0;
            let expected = (-0.5 * (d / 0.4).powf(power)).exp();
            let found = ink_at(&drawing, [centre[0] + d, centre[1]]);
            assert!((found - expected).abs() < 1e-6, "softness {softness}, distance {d}: {found} against {expected}");
        }
    }
    // A Gaussian brush: the covariance of the density is the square of its radius.
    let mut drawing = Drawing::default();
    stroke(&mut drawing, Tool::Draw, SOFT, &[centre]);
    let moments = drawing.density().unwrap().moments();
    assert!((0..2).all(|axis| (moments.mean[axis] - centre[axis]).abs() < 1e-6), "{moments:?}");
    let [xx, xy, yy] = moments.covariance;
    assert!((xx - 0.16).abs() < 1e-4 && (yy - 0.16).abs() < 1e-4 && xy.abs() < 1e-6, "{moments:?}");
}

#[test]
fn a_line_is_as_dark_along_its_length_as_a_dot_however_it_is_drawn() {
    let (a, b) = (on_lattice(120, 150), on_lattice(200, 150));
    let mut once = Drawing::default();
    stroke(&mut once, Tool::Draw, SOFT, &[a, b]);
    for i in 120..=200 {
        assert!((ink_at(&once, on_lattice(i, 150)) - 1.0).abs() < 1e-6);
    }
    let mut often = Drawing::default();
    let points: Vec<_> = (0..=16).map(|k| [a[0] + (b[0] - a[0]) * f64::from(k) / 16.0, a[1]]).collect();
    stroke(&mut often, Tool::Draw, SOFT, &points);
    let apart = once.ink().iter().zip(often.ink()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart < 1e-6, "{apart}");
    // Strokes that cross add up.
    stroke(&mut once, Tool::Draw, SOFT, &[on_lattice(160, 120), on_lattice(160, 180)]);
    assert!((ink_at(&once, on_lattice(160, 150)) - 2.0).abs() < 1e-6);
}

#[test]
fn the_eraser_removes_the_covered_share() {
    let (centre, side) = (on_lattice(160, 160), on_lattice(168, 160));
    let mut drawing = Drawing::default();
    stroke(&mut drawing, Tool::Draw, SOFT, &[centre]);
    let before = ink_at(&drawing, side);
    stroke(&mut drawing, Tool::Erase, SOFT, &[centre]);
    assert!(ink_at(&drawing, centre).abs() < 1e-6);
    assert!((ink_at(&drawing, side) - before * (1.0 - before)).abs() < 1e-6);
    assert!(drawing.ink().iter().all(|&ink| ink >= 0.0));
}

#[test]
fn undo_and_redo_are_exact() {
    let mut drawing = Drawing::default();
    let mut states = vec![drawing.ink().to_vec()];
    let steps: [&dyn Fn(&mut Drawing); 6] = [
        &|drawing| stroke(drawing, Tool::Draw, SOFT, &[[-1.0, 0.3], [0.7, 1.0], [1.0, -1.0]]),
        &|drawing| drawing.load(Preset::Moons),
        &|drawing| stroke(drawing, Tool::Erase, Brush { radius: 0.6, softness: 0.2 }, &[[0.0, 0.0], [2.0, 0.0]]),
        &|drawing| stroke(drawing, Tool::Draw, SOFT, &[[0.5, 0.5]]),
        &|drawing| drawing.clear(),
        &|drawing| stroke(drawing, Tool::Draw, SOFT, &[[2.0, 2.0], [-2.0, 2.0]]),
    ];
    for step in steps {
        step(&mut drawing);
        assert_ne!(drawing.ink(), states.last().unwrap());
        states.push(drawing.ink().to_vec());
    }
    for state in states.iter().rev().skip(1) {
        assert!(drawing.undo());
        assert_eq!(drawing.ink(), state);
    }
    assert!(!drawing.undo() && !drawing.can_undo());
    for state in &states[1..] {
        assert!(drawing.redo());
        assert_eq!(drawing.ink(), state);
    }
    assert!(!drawing.redo() && !drawing.can_redo());
    // The preset that a drawing begins with stays.
    let mut begun = Drawing::default();
    begun.load(Preset::Moons);
    assert!(!begun.can_undo() && !begun.undo() && begun.preset() == Some(Preset::Moons));
    // A new action after an undo discards what could be redone.
    drawing.undo();
    drawing.load(Preset::Rings);
    assert!(!drawing.can_redo());
}

#[test]
fn an_import_is_erased_and_undone_as_a_preset_is_and_ink_adds_to_it() {
    let import = Import { name: "the image a.png".into(), density: Preset::Circles.density() };
    let [mut placed, mut loaded] = [Drawing::default(), Drawing::default()];
    placed.place(import.clone());
    assert!(!placed.can_undo(), "what a drawing begins with stays");
    loaded.load(Preset::Rings);
    placed.load(Preset::Rings);
    placed.place(import.clone());
    loaded.load(Preset::Circles);
    assert_eq!((placed.import(), placed.preset(), placed.is_imported()), (Some(&import), None, true));
    assert_eq!((loaded.import(), loaded.is_imported()), (None, false));
    for (tool, is_imported) in [(Tool::Erase, true), (Tool::Draw, true)] {
        [&mut placed, &mut loaded]
            .into_iter()
            .for_each(|drawing| stroke(drawing, tool, SOFT, &[[1.5, 0.0], [1.5, 1.0]]));
        assert_eq!(placed.ink(), loaded.ink());
        assert_eq!((placed.import(), placed.is_imported()), (None, is_imported));
    }
    (0..2).for_each(|_| assert!(placed.undo()));
    assert_eq!(placed.import(), Some(&import));
    // Unlike on a preset, ink adds to an import from the first stroke on, and redo gives the same ink.
    let before = placed.ink().to_vec();
    let mut alone = Drawing::default();
    stroke(&mut alone, Tool::Draw, SOFT, &[[1.5, 0.2]]);
    stroke(&mut placed, Tool::Draw, SOFT, &[[1.5, 0.2]]);
    assert_eq!((placed.import(), placed.is_imported()), (None, true));
    assert!(ink_at(&alone, [1.5, 0.2]) > 0.9 && ink_at(&placed, [-1.5, 0.0]) > 0.5);
    let sum: Vec<f32> = before.iter().zip(alone.ink()).map(|(a, b)| a + b).collect();
    assert_eq!(placed.ink(), sum);
    assert!(placed.undo() && placed.ink() == before && placed.redo() && placed.ink() == sum);
    (0..2).for_each(|_| assert!(placed.undo()));
    assert_eq!((placed.preset(), placed.is_imported()), (Some(Preset::Rings), false));
    assert!(placed.redo() && placed.import() == Some(&import));
}

#[test]
fn drawing_on_an_untouched_preset_starts_afresh_and_erasing_does_not() {
    let dot = [3.0, -3.0];
    let mut alone = Drawing::default();
    stroke(&mut alone, Tool::Draw, SOFT, &[dot]);
    let mut drawing = Drawing::default();
    drawing.load(Preset::Circles);
    assert_eq!(drawing.preset(), Some(Preset::Circles));
    stroke(&mut drawing, Tool::Draw, SOFT, &[dot]);
    assert_eq!(drawing.ink(), alone.ink());
    assert_eq!(drawing.preset(), None);
    drawing.undo();
    assert_eq!(drawing.preset(), Some(Preset::Circles));
    // Once the eraser touched it, it is a drawing, and ink adds to it.
    stroke(&mut drawing, Tool::Erase, SOFT, &[[1.5, 0.0]]);
    let left = ink_at(&drawing, [-1.5, 0.0]);
    stroke(&mut drawing, Tool::Draw, SOFT, &[dot]);
    assert!(left > 0.5 && ink_at(&drawing, [-1.5, 0.0]) == left);
}

#[test]
fn nothing_drawn_is_a_sentence() {
    let mut drawing = Drawing::default();
    assert_eq!(drawing.density().unwrap_err(), DensityError::Empty);
    stroke(&mut drawing, Tool::Draw, SOFT, &[[0.0, 0.0]]);
    assert!(drawing.density().is_ok());
    drawing.clear();
    let error = drawing.density().unwrap_err();
    assert_eq!(error, DensityError::Empty);
    assert!(error.to_string().starts_with("The drawing is empty") && error.to_string().ends_with('.'));
    // A stroke beside the pad leaves nothing on it.
    stroke(&mut drawing, Tool::Draw, SOFT, &[[40.0, 0.0], [40.0, 1.0]]);
    assert_eq!(drawing.density().unwrap_err(), DensityError::Empty);
}

#[test]
fn points_that_are_no_numbers_are_ignored() {
    let mut drawing = Drawing::default();
    stroke(&mut drawing, Tool::Draw, SOFT, &[[f64::NAN, 0.0], [1.0, 1.0]]);
    assert!(!drawing.can_undo() && drawing.ink().iter().all(|&ink| ink == 0.0));
    stroke(&mut drawing, Tool::Draw, SOFT, &[[0.0, 0.0], [f64::INFINITY, 0.0], [1.0, 0.0]]);
    let mut straight = Drawing::default();
    stroke(&mut straight, Tool::Draw, SOFT, &[[0.0, 0.0], [1.0, 0.0]]);
    assert_eq!(drawing.ink(), straight.ink());
}

#[test]
fn what_is_no_density_is_refused() {
    let count = density_lattice().len();
    let with = |value: f32| {
        let mut values = vec![1.0; count];
        values[7] = value;
        values
    };
    for values in [with(f32::NAN), with(f32::INFINITY), with(-1e-9), vec![1.0; count - 1], vec![]] {
        assert_eq!(Density::new(values).unwrap_err(), DensityError::Invalid);
    }
    assert_eq!(Density::new(vec![0.0; count]).unwrap_err(), DensityError::Empty);
    let density = Density::new(with(5.0)).unwrap();
    let mass: f64 = density.values().iter().map(|&v| f64::from(v)).sum::<f64>() * density_lattice().cell_area();
    assert!((mass - 1.0).abs() < 1e-6);
}

#[test]
fn a_coarser_lattice_keeps_points_of_the_fine_one() {
    let density = Preset::Pinwheel.density();
    let fine = density_lattice();
    for stride in [1, 3, 9] {
        let (lattice, values) = density.subsample(stride);
        assert_eq!(values.len(), lattice.len());
        for (k, (x, value)) in lattice.points().zip(&values).enumerate().step_by(97) {
            let [i, j] = [k / lattice.count, k % lattice.count].map(|i| i * stride + stride / 2);
            assert!((fine.coordinate(0, i) - x[0]).abs() < 1e-9 && (fine.coordinate(1, j) - x[1]).abs() < 1e-9);
            assert_eq!(*value, f64::from(density.values()[i * DENSITY_COUNT + j]));
        }
    }
}

#[test]
fn a_flow_lattice_is_as_fine_as_a_source_and_epsilon_need() {
    for preset in Preset::ALL {
        let counts = [0.05, 0.1, 0.2, 1.0, 2.0].map(|epsilon| preset.density().flow_lattice(epsilon).count);
        println!("{}: {counts:?}", preset.name());
        // The checkerboard is discontinuous.
        let smooth = preset != Preset::Checkerboard;
        assert!(counts.is_sorted_by(|a, b| a >= b) && (!smooth || counts[2] == 108), "{}: {counts:?}", preset.name());
    }
    for (source, counts) in [
        (sources::cross(0.05), [216, 162, 162]),
        (sources::cross(0.03), [324, 324, 216]),
        (sources::hard_line(), [324, 324, 324]),
    ] {
        assert_eq!(
            [0.05, 0.2, 1.0].map(|epsilon| source.density.flow_lattice(epsilon).count),
            counts,
            "{}",
            source.name
        );
    }
}

#[test]
fn between_its_points_a_density_is_what_it_was_made_of() {
    for source in [sources::cross(0.05), sources::wave(0.08), sources::dot(0.05)] {
        for count in [162, 216] {
            let lattice = Lattice::centred(SOURCE_MASK, count);
            let found = source.density.on(count);
            assert!(found.iter().all(|p| *p >= 0.0));
            let expected = normalised(&lattice, source.on(&lattice));
            let l1 = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).sum::<f64>() * lattice.cell_area();
            // Mass and covariance are those on all points.
            let mass = found.iter().sum::<f64>() * lattice.cell_area();
            let moments = Moments::on(&lattice, found.iter().map(|p| p / mass));
            let own = source.density.moments();
            let moved = (0..3).map(|k| (moments.covariance[k] - own.covariance[k]).abs()).fold(0.0, f64::max);
            println!("{} {count}: l1 {l1:.1e}, mass {:.1e}, covariance {moved:.1e}", source.name, mass - 1.0);
            // Where strokes meet, and in the middle of a line of dots, the density has a kink.
            assert!(l1 < 5e-3 && (mass - 1.0).abs() < 5e-4 && moved < 1e-3, "{} {count}", source.name);
        }
    }
    // At its own points the density has its own values; there is no overshoot at a jump.
    let hard = Preset::Checkerboard.density();
    assert_eq!((hard.on(108), hard.on(324).len()), (hard.subsample(3).1, 324 * 324));
    let top = hard.values().iter().copied().fold(0.0, f32::max);
    assert!(hard.on(216).iter().all(|p| *p <= 1.000_001 * f64::from(top)));
    assert!((hard.averaged(108).iter().sum::<f64>() * 0.01 - 1.0).abs() < 1e-6);
}

#[test]
fn presets_are_found_by_name() {
    for preset in Preset::ALL {
        assert_eq!(Preset::from_name(preset.name()), Some(preset));
    }
    assert_eq!(Preset::from_name("2 spirals"), None);
    let moments = Preset::Gaussian.density().moments();
    let expected = ([1.2, -0.7], [0.9, 0.55, 0.5]);
    assert!((0..2).all(|k| (moments.mean[k] - expected.0[k]).abs() < 1e-3), "{moments:?}");
    assert!((0..3).all(|k| (moments.covariance[k] - expected.1[k]).abs() < 2e-3), "{moments:?}");
}

/// Mass of the density in each cell of a 6 × 6 partition of its lattice.
fn histogram_of(density: &Density) -> Vec<f64> {
    let mut bins = vec![0.0; 36];
    for (k, &value) in density.values().iter().enumerate() {
        let [i, j] = [k / DENSITY_COUNT, k % DENSITY_COUNT].map(|i| i * 6 / DENSITY_COUNT);
        bins[6 * i + j] += f64::from(value) * density_lattice().cell_area();
    }
    bins
}

/// Share of the points in each cell of the same partition.
fn histogram(points: &[[f32; 2]]) -> Vec<f64> {
    let lattice = density_lattice();
    let mut bins = vec![0.0; 36];
    for point in points {
        let [i, j] = [0, 1].map(|axis| {
            let index = (f64::from(point[axis]) - lattice.origin[axis]) / lattice.step + 0.5;
            (index as usize).min(DENSITY_COUNT - 1) * 6 / DENSITY_COUNT
        });
        bins[6 * i + j] += 1.0 / points.len() as f64;
    }
    bins
}

#[test]
fn batches_have_the_law_of_the_density() {
    let density = Preset::Swissroll.density();
    let sampler = Sampler::new(&density);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let expected = histogram_of(&density);
    // Few strata cross the border of a cell of the partition, so the count is off by a few points in 20 000.
    let one = histogram(&sampler.batch(20_000, &mut rng));
    let worst = one.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-3, "{worst}");
    // Independent draws from the same points are off by far more.
    let pool = sampler.batch(20_000, &mut rng);
    let independent: Vec<[f32; 2]> = (0..20_000).map(|_| pool[rng.random_range(0..pool.len())]).collect();
    let worst = histogram(&independent).iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst > 1e-3, "{worst}");

    // The mean of a small batch has a far smaller variance than that of as many independent points.
    let mean_x = |points: &[[f32; 2]]| points.iter().map(|p| f64::from(p[0])).sum::<f64>() / points.len() as f64;
    let truth = density.moments();
    let means: Vec<f64> = (0..200).map(|_| mean_x(&sampler.batch(100, &mut rng)) - truth.mean[0]).collect();
    let bias = means.iter().sum::<f64>() / 200.0;
    let variance = means.iter().map(|m| m * m).sum::<f64>() / 200.0;
    let independent = truth.covariance[0] / 100.0;
    assert!(variance < 0.1 * independent, "{variance} against {independent}");
    assert!(bias.abs() < 4.0 * (variance / 200.0).sqrt(), "bias {bias}");
}

#[test]
fn no_point_falls_where_there_is_no_mass() {
    let sampler = Sampler::new(&Preset::Checkerboard.density());
    for [x, y] in sampler.batch(10_000, &mut ChaCha8Rng::seed_from_u64(1)) {
        let margin = 0.5 / 30.0 + 1e-5;
        let inside = |x: f32, y: f32| {
            (f64::from(x).abs() < 4.0 + margin && f64::from(y).abs() < 4.0 + margin)
                && [-margin, margin].iter().any(|dx| {
                    [-margin, margin].iter().any(|dy| {
                        let parity = ((f64::from(x) + dx) / 2.0).floor() + ((f64::from(y) + dy) / 2.0).floor();
                        parity.rem_euclid(2.0) == 0.0
                    })
                })
        };
        assert!(inside(x, y), "({x}, {y})");
    }
}

#[test]
fn one_seed_is_one_sequence_of_steps() {
    let density = Preset::Rings.density();
    let (config, sampler) = (Config::default(), Sampler::new(&density));
    let run = |seed| {
        let mut step_sampler = StepSampler::new(seed, density.moments(), sampler.clone());
        (0..3).map(|_| step_sampler.advance(&config)).collect::<Vec<_>>()
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
    let [first, second, _] = run(5).try_into().unwrap();
    assert_ne!(first.points, second.points);
    // A step is 500 points and two lattices of 20 × 20.
    assert_eq!(first.evaluations(), 1300);
    let mut step_sampler = StepSampler::new(5, density.moments(), sampler.clone());
    (0..2).for_each(|_| _ = step_sampler.advance(&config));
    assert_eq!((step_sampler.step(), step_sampler.evaluations()), (2, 2600));
    step_sampler.rewind(1, 1300);
    assert_eq!((step_sampler.step(), step_sampler.evaluations()), (1, 1300));
}

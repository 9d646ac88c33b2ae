//! Damaged input: whatever comes from outside is read or refused, without a panic and within bounded memory. Links are in
//! `state.rs`, files of points beside their reader. `FLOWSKETCH_FUZZ=1000000` takes that many inputs of each kind.

use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::config::Config;
use flowsketch_core::measure::{DensityError, Import, Levels, Picture, Preset};
use flowsketch_core::run::Onward;
use flowsketch_files::weights::Weights;
use flowsketch_protocol::inspection::{Finding, Question};
use flowsketch_protocol::panels::{FromPage, ToPage};
use flowsketch_protocol::worker::{Answer, Material, Request};
use flowsketch_protocol::{decode, encode};
use flowsketch_worker::import::{ink, points};
use flowsketch_worker::vector::sized;
use peak_alloc::PeakAlloc;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::sync::Mutex;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;
/// The peak of memory is of the whole process: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());
/// Most bytes that an input may take beside itself.
const MOST_BYTES: usize = 64 << 20;

fn rounds() -> usize {
    std::env::var("FLOWSKETCH_FUZZ").ok().and_then(|count| count.parse().ok()).unwrap_or(3_000)
}

/// Reads this many inputs, each made of its own random numbers, and checks the memory that reading takes.
fn each(seed: u64, make: impl Fn(&mut ChaCha8Rng) -> Vec<u8>, read: impl Fn(&mut ChaCha8Rng, &[u8])) {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for round in 0..rounds() {
        let mut rng = ChaCha8Rng::seed_from_u64(seed << 32 | round as u64);
        let input = make(&mut rng);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        read(&mut rng, &input);
        let taken = MEMORY.peak_usage().saturating_sub(before);
        assert!(taken < MOST_BYTES, "input {round} of {} bytes takes {taken} bytes", input.len());
    }
}

/// Changes, removes, inserts or repeats bytes, or cuts the rest off.
fn damaged(rng: &mut ChaCha8Rng, whole: &[u8]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..rng.random_range(1..6) {
        if bytes.is_empty() {
            break;
        }
        let place = rng.random_range(0..bytes.len());
        let end = (place + rng.random_range(1..40)).min(bytes.len());
        match rng.random_range(0..6) {
            0 => bytes[place] = rng.random_range(0..=255),
            // Counts and lengths that are far too large.
            1 => bytes[place..end].fill(0xFF),
            2 => bytes.truncate(place),
            3 => drop(bytes.drain(place..end)),
            4 => bytes.insert(place, rng.random_range(0..=255)),
            _ => {
                let part = bytes[place..end].to_vec();
                drop(bytes.splice(place..place, part));
            }
        }
    }
    bytes
}

#[test]
fn messages_of_page_and_workers() {
    let density = Preset::Moons.density();
    let checkpoint = Checkpoint::start(&Config::default());
    let messages = [
        encode(&Request::Import { material: Material::Word("word".into()), fit: true, levels: Levels::default() }),
        encode(&Request::Follow { run: 3, source: density.clone(), onward: Onward::Warm, is_last: false }),
        encode(&Request::Configure(Config::default())),
        encode(&Answer::Imported(Err("a sentence".into()))),
        encode(&Answer::Vector { text: "<svg/>".into(), size: [3, 4] }),
        encode(&Question::Advance),
        encode(&ToPage::Source(Box::new(Import { name: "a".into(), density }))),
        encode(&ToPage::Fork(Box::new(checkpoint))),
    ];
    each(
        1,
        |rng| {
            let whole = &messages[rng.random_range(0..messages.len())];
            damaged(rng, whole)
        },
        |_, bytes| {
            _ = decode::<Request>(bytes);
            _ = decode::<Answer>(bytes);
            _ = decode::<Question>(bytes);
            _ = decode::<Finding>(bytes);
            _ = decode::<FromPage>(bytes);
            _ = decode::<ToPage>(bytes);
        },
    );
}

#[test]
fn weights_as_json() {
    let checkpoint = Checkpoint::start(&Config::default());
    let weights = Weights {
        config: Config::default(),
        name: "moons".into(),
        source: Preset::Moons.density(),
        target: None,
        checkpoint,
    };
    let text = weights.to_json();
    let start: String = text.chars().take(2_000).collect();
    each(
        2,
        |rng| {
            let whole = if rng.random_range(0..50) == 0 { &text } else { &start };
            damaged(rng, whole.as_bytes())
        },
        |_, bytes| {
            let text = String::from_utf8_lossy(bytes);
            if let Ok(weights) = Weights::from_json(&text) {
                weights.config.validate().expect("the settings are valid");
            }
        },
    );
}

#[test]
fn pixels_of_images() {
    let picture = |rng: &mut ChaCha8Rng| {
        let (width, height) = (rng.random_range(1..40), rng.random_range(1..40));
        let ground: [u8; 4] = rng.random();
        let noise = rng.random_range(1..64);
        let pixel = |rng: &mut ChaCha8Rng| match rng.random_range(0..4) {
            0 => rng.random(),
            _ => ground.map(|value| value.saturating_add(rng.random_range(0..noise))),
        };
        let mut bytes = vec![width as u8];
        (0..width * height).for_each(|_| bytes.extend(pixel(rng)));
        bytes
    };
    each(3, picture, |rng, bytes| {
        let levels = Levels {
            subtract: rng.random(),
            invert: [None, Some(true), Some(false)][rng.random_range(0..3)],
            level: [None, Some(rng.random_range(-1.0..2.0)), Some(f64::NAN)][rng.random_range(0..3)],
        };
        if let Ok(ink) = ink(&bytes[1..], bytes[0].into(), &levels, "a.png") {
            assert!((0.0..=1.0).contains(&ink.level), "{ink:?}");
            let mass: f64 = ink.density.values().iter().map(|value| f64::from(*value)).sum::<f64>() / 900.0;
            assert!((mass - 1.0).abs() < 1e-3, "{mass}");
        }
    });
    for value in [f32::NAN, f32::INFINITY, -1e30, 1e30] {
        let picture = Picture { pixels: vec![[value, 1.0], [0.0, value], [1.0, 1.0], [0.0, 1.0]], width: 2 };
        let read = picture.ink(&Levels::default());
        assert!(value.is_finite() || read.is_err_and(|error| error == DensityError::Invalid), "{value}");
    }
}

#[test]
fn vector_images_and_pasted_text() {
    let image = include_bytes!("../fixtures/images/viewbox_only.svg");
    let rows = b"x,y,weight\n0.5,1,2\n-1,2.5,1\n1e0,-2,3\n";
    each(
        4,
        |rng| {
            let whole = if rng.random() { &image[..] } else { &rows[..] };
            damaged(rng, whole)
        },
        |_, bytes| {
            let text = String::from_utf8_lossy(bytes);
            if let Ok((_, size)) = sized(&text, "a.svg") {
                assert!(size.iter().all(|side| (1..=1024).contains(side)), "{size:?}: {text}");
            }
            for fitted in [false, true] {
                if let Err(sentence) = points(bytes, fitted, "a.csv") {
                    assert!(sentence.ends_with('.'), "{sentence}");
                }
            }
        },
    );
}

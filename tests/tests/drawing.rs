//! Properties of the picture. There are no snapshots: they would show that something changed, but not what is right.

use flowsketch_core::config::Config;
use flowsketch_core::cpu::picture;
use flowsketch_core::gaussian;
use flowsketch_core::gpu::exact::Solver;
use flowsketch_core::gpu::session::{Session, Work};
use flowsketch_core::gpu::{FlowView, Frame};
use flowsketch_core::lattice::{Lattice, VIEW};
use flowsketch_core::measure::Preset;
use flowsketch_core::potentials::{SecondPotential, Shown};
use flowsketch_core::reference::flow::flow;
use flowsketch_core::style::Style;
use flowsketch_tests::device::{finish, gpu, read};
use std::time::{Duration, Instant};

/// Pixels along one side. A row is a multiple of 256 bytes, as copies from textures require.
const SIZE: u32 = 320;

const LIGHT: Style = Style { dark: false, arrows: false, range: Style::RANGE };

/// The picture (SIZE, SIZE) of sRGB colours, row by row from the top, of the untrained Gaussian at time t.
/// Its flow is exact.
fn picture(style: Style, t: f64) -> Vec<[u8; 3]> {
    let mut session = Session::new(gpu(), Config::default(), &Preset::Gaussian.density());
    picture_of(&mut session, style, t, Shown::Learned(SecondPotential::Transform))
}

fn picture_of(session: &mut Session, style: Style, t: f64, shown: Shown) -> Vec<[u8; 3]> {
    let gpu = gpu();
    let view = FlowView::new(gpu, wgpu::TextureFormat::Rgba8Unorm);
    let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some("picture"),
        size: wgpu::Extent3d { width: SIZE, height: SIZE, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    });
    let target = &texture.create_view(&Default::default());
    let frame = Frame { view: &view, target, size: [SIZE, SIZE], style, shown };
    session.submit(&Work { steps: 0, tabulate: true, time: t }, Some(&frame));
    finish(gpu);
    let pixels = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("pixels"),
        size: u64::from(4 * SIZE * SIZE),
        usage: wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    encoder.copy_texture_to_buffer(
        texture.as_image_copy(),
        wgpu::TexelCopyBufferInfo {
            buffer: &pixels,
            layout: wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * SIZE), rows_per_image: None },
        },
        texture.size(),
    );
    gpu.queue.submit([encoder.finish()]);
    read::<[u8; 4]>(gpu, &pixels).into_iter().map(|[r, g, b, _]| [r, g, b]).collect()
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u8 {
    a.iter().zip(b).map(|(a, b)| a.abs_diff(b)).max().expect("three channels")
}

/// The centre of a pixel in world units: x to the right, y upwards.
fn world(pixel: usize) -> [f64; 2] {
    let across = |k: usize| VIEW * (2.0 * (k as f64 + 0.5) / f64::from(SIZE) - 1.0);
    [across(pixel % SIZE as usize), -across(pixel / SIZE as usize)]
}

#[test]
fn every_pixel_has_the_colour_of_the_closed_form_density() {
    let moments = Preset::Gaussian.density().moments();
    for (dark, t) in [(false, 0.0), (true, 0.4), (false, 1.0)] {
        let at = gaussian::bridge(&moments, 0.2, t);
        let worst = picture(Style { dark, ..LIGHT }, t)
            .into_iter()
            .enumerate()
            .map(|(pixel, colour)| {
                let log_rho = gaussian::density(&at, world(pixel)).ln();
                let [low, high] = Style::RANGE.map(f64::from);
                distance(colour, Style::colour(dark, (log_rho - low) / (high - low)))
            })
            .max();
        println!("dark {dark}, t = {t}: largest difference {worst:?} of 255");
        // The error is from interpolation between cells and the kink at the low end of the scale. A shift by one pixel
        // gives 20.
        assert!(worst.expect("pixels") <= 8, "dark {dark}, t = {t}: {worst:?}");
    }
}

#[test]
fn a_picture_upside_down_would_be_noticed() {
    let moments = Preset::Gaussian.density().moments();
    let colours = picture(LIGHT, 0.0);
    let brightest = |[x, y]: [f64; 2]| {
        let column = ((x / VIEW + 1.0) * 0.5 * f64::from(SIZE)) as usize;
        let row = ((1.0 - y / VIEW) * 0.5 * f64::from(SIZE)) as usize;
        colours[row * SIZE as usize + column].map(f64::from).iter().sum::<f64>()
    };
    let [x, y] = moments.mean;
    // On the light map more mass is darker.
    assert!(brightest([x, y]) + 100.0 < brightest([x, -y]));
    assert!(brightest([x, y]) + 100.0 < brightest([-x, y]));
}

#[test]
fn arrows_are_drawn_where_there_is_mass_and_only_there() {
    let [plain, arrows] = [false, true].map(|arrows| picture(Style { arrows, ..LIGHT }, 0.2));
    let at = gaussian::bridge(&Preset::Gaussian.density().moments(), 0.2, 0.2);
    let changed = |range: std::ops::Range<f64>| {
        let pixels = (0..plain.len()).filter(|&p| range.contains(&gaussian::density(&at, world(p)).ln()));
        pixels.filter(|&p| distance(plain[p], arrows[p]) > 8).count()
    };
    assert!(changed(-7.5..1.0) > 500);
    // An arrow starts where there is mass; its tip may reach a little outside.
    assert_eq!(changed(f64::NEG_INFINITY..-20.0), 0);
}

#[test]
fn the_picture_follows_the_time() {
    let [start, end] = [0.0, 1.0].map(|t| picture(LIGHT, t));
    assert!(start.iter().zip(&end).filter(|&(&a, &b)| distance(a, b) > 30).count() > 5000);
    assert!(start == picture(LIGHT, 0.0), "the same picture twice has the same bits");
}

#[test]
fn the_exact_flow_and_the_difference_are_drawn() {
    let mut session = Session::new(gpu(), Config::default(), &Preset::Gaussian.density());
    session.work_on_host(Duration::from_secs(60));
    let moments = Preset::Gaussian.density().moments();
    let at = gaussian::bridge(&moments, 0.2, 0.4);
    let exact = picture_of(&mut session, LIGHT, 0.4, Shown::Exact);
    let colour_of = |pixel: usize| {
        let [low, high] = Style::RANGE.map(f64::from);
        Style::colour(false, (gaussian::density(&at, world(pixel)).ln() - low) / (high - low))
    };
    let worst = exact.iter().enumerate().map(|(pixel, &colour)| distance(colour, colour_of(pixel))).max();
    println!("exact: largest difference {worst:?} of 255");
    assert!(worst.expect("pixels") <= 10, "{worst:?}");

    // The untrained Gaussian is exact: no difference. Another source's base is not.
    let arrows = Style { arrows: true, ..LIGHT };
    let none = Style::difference_colour(false, 0.5);
    let difference = picture_of(&mut session, arrows, 0.4, Shown::Difference(SecondPotential::Transform));
    assert!(difference.iter().all(|&colour| distance(colour, none) <= 12), "the exact flow differs from itself");
    let mut session = Session::new(gpu(), Config::default(), &Preset::Rings.density());
    session.work_on_host(Duration::from_secs(60));
    let [too_little, too_much] = [0.0, 1.0].map(|fraction| Style::difference_colour(false, fraction));
    let difference = picture_of(&mut session, LIGHT, 0.0, Shown::Difference(SecondPotential::Transform));
    for end in [too_little, too_much] {
        assert!(difference.iter().filter(|&&colour| distance(colour, end) < 8).count() > 1000);
    }
    // In the middle of the innermost ring the base has mass and the source has none.
    let centre = (SIZE * SIZE / 2 + SIZE / 2) as usize;
    assert!(distance(difference[centre], too_much) < 8, "{:?}", difference[centre]);
}

#[test]
fn what_is_not_solved_yet_is_not_drawn_as_exact() {
    let mut session = Session::new(gpu(), Config { epsilon: 0.5, ..Config::default() }, &Preset::Rings.density());
    let exact = |session: &mut Session| {
        let picture = picture_of(session, LIGHT, 0.4, Shown::Exact);
        session.poll();
        picture
    };
    session.work_on_host(Duration::from_secs(60));
    session.set_exact_solver(Solver::Gpu);
    let before = exact(&mut session);
    session.set_epsilon(0.2);
    let mut submissions = 0;
    while session.exact().flow().is_none() {
        assert!(exact(&mut session) == before, "an unfinished solution is drawn");
        submissions += 1;
    }
    assert!(submissions > 1, "solved at once");
    assert!(exact(&mut session) != before);
}

/// (log ρ_t, v_x, v_y) of potentials on the flow lattice: the input of a picture.
fn field(lattice: &Lattice, u: &[f64], w: &[f64], epsilon: f64, t: f64) -> Vec<[f32; 3]> {
    flow(u, w, lattice, epsilon, t).into_iter().map(|point| point.map(|c| c as f32)).collect()
}

#[test]
fn the_cpu_draws_what_the_gpu_draws() {
    let density = Preset::TwoSpirals.density();
    let mut session = Session::new(gpu(), Config::default(), &density);
    session.work_on_host(Duration::from_secs(60));
    let lattice = Lattice::centred(flowsketch_core::lattice::SOURCE_MASK, 108);
    let second_potential = SecondPotential::Transform;
    for (dark, t, difference) in [(false, 0.1, false), (true, 0.5, false), (false, 0.1, true), (true, 0.3, true)] {
        let style = Style { dark, arrows: true, range: Style::RANGE };
        let shown = if difference { Shown::Difference(second_potential) } else { Shown::Learned(second_potential) };
        let expected = picture_of(&mut session, style, t, shown);
        session.poll();
        let learned = session.tabulation().expect("the first submission tabulates");
        let [u, w] = [&learned.u, &learned.w].map(|f| f.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>());
        let learned = field(&lattice, &u, &w, 0.2, t);
        let exact = &session.exact().flow().expect("the host has solved").solution;
        let exact = field(&lattice, &exact.u, &exact.w, 0.2, t);

        let start = Instant::now();
        let drawn = picture::picture(&learned, difference.then_some(&exact[..]), &lattice, SIZE, &style);
        let took = start.elapsed();
        assert_eq!(drawn.len(), expected.len() * 4);
        assert!(drawn.chunks_exact(4).all(|pixel| pixel[3] == 255));
        let colours = drawn.chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2]]);
        let worst = colours.zip(&expected).map(|(a, &b)| distance(a, b)).max().expect("pixels");
        println!("dark {dark}, t = {t}, difference {difference}: largest difference {worst} of 255, {took:?}");
        assert!(worst <= 4, "dark {dark}, t = {t}, difference {difference}: {worst}");
    }
}

//! The Gaussian laboratory: moments of flows against the closed form.

use flowsketch_core::gaussian::{Moments, Quadratic, bridge, potentials};
use flowsketch_core::lattice::{Lattice, SOURCE_MASK};
use flowsketch_core::measure::Density;
use flowsketch_core::potentials::{Potentials, Shown};
use flowsketch_core::shown::ShownFlow;
use flowsketch_core::style::Style;
use flowsketch_protocol::inspection::{Finding, Question};
use flowsketch_protocol::laboratory::{Ask, Of, TIMES};
use flowsketch_worker::inspection::Inspection;
use std::f64::consts::FRAC_PI_2;

const STYLE: Style = Style { dark: false, arrows: false, range: Style::RANGE };

/// The closed-form potentials at the points of the flow lattice.
fn closed_form(moments: &Moments, epsilon: f64) -> Potentials {
    let (u, w) = potentials(moments, epsilon);
    let lattice = Lattice::centred(SOURCE_MASK, 108);
    let on = |quadratic: Quadratic| lattice.points().map(|x| quadratic.at(x)).collect::<Vec<_>>();
    Potentials::new(epsilon, &on(u), &on(w))
}

#[test]
fn axes_and_covariances_are_the_same_thing() {
    for (deviations, angle) in [([1.2, 0.3], 0.4), ([0.9, 0.2], -1.3), ([1.0, 0.5], FRAC_PI_2), ([0.7, 0.7], 0.0)] {
        let (found, at) = Moments::of_axes([0.5, -1.0], deviations, angle).axes();
        for k in 0..2 {
            assert!((found[k] - deviations[k]).abs() < 1e-12, "{found:?} for {deviations:?}");
        }
        assert!(deviations[0] == deviations[1] || (at - angle).abs() < 1e-12, "{at} for {angle}");
    }
    // The larger deviation always comes first.
    let (found, at) = Moments::of_axes([0.0; 2], [0.3, 1.2], 0.0).axes();
    assert!((found[0] - 1.2).abs() < 1e-12 && (at.abs() - FRAC_PI_2).abs() < 1e-12, "{found:?} at {at}");
}

#[test]
fn a_gaussian_source_has_its_moments() {
    let moments = Moments::of_axes([0.8, -0.6], [0.9, 0.25], 0.7);
    let found = Density::gaussian(&moments).expect("it is on the map").moments();
    let far = Moments::of_axes([1e3, 0.0], [0.3; 2], 0.0);
    for k in 0..2 {
        assert!((found.mean[k] - moments.mean[k]).abs() < 1e-4, "{found:?}");
    }
    for k in 0..3 {
        assert!((found.covariance[k] - moments.covariance[k]).abs() < 1e-3, "{found:?}");
    }
    assert!(Density::gaussian(&far).is_err());
}

#[test]
fn moments_of_a_flow_are_those_of_the_closed_form() {
    let mut inspection = Inspection::default();
    let ask = |of, column| Question::Laboratory(Ask { of, column: column as u32, side: 32, style: STYLE });
    assert_eq!(inspection.answer(ask(Of::Exact, 0)), None, "there is no flow");
    let source = Moments::of_axes([0.8, -0.6], [0.9, 0.4], 0.7);
    for epsilon in [0.2, 1.0] {
        let potentials = closed_form(&source, epsilon);
        inspection.answer(Question::Flow(Box::new(ShownFlow { shown: Shown::Exact, potentials, reference: None })));
        assert_eq!(inspection.answer(ask(Of::Learned, 0)), Some(Finding::Laboratory(None)), "nothing learned is told");
        for (column, &time) in TIMES.iter().enumerate() {
            let Some(Finding::Laboratory(Some(found))) = inspection.answer(ask(Of::Exact, column)) else {
                panic!("the exact flow is known");
            };
            let (moments, right) = (found.moments, bridge(&source, epsilon, time));
            assert_eq!(found.pixels.len(), 4 * 32 * 32);
            for k in 0..2 {
                assert!((moments.mean[k] - right.mean[k]).abs() < 1e-3, "{moments:?}, not {right:?}");
            }
            for k in 0..3 {
                // At both ends the kernel is at least as wide as the lattice spacing.
                assert!((moments.covariance[k] - right.covariance[k]).abs() < 5e-3, "{moments:?}, not {right:?}");
            }
        }
    }
}

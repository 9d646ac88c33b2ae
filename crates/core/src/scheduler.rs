//! Decides when a run trains, tabulates, draws and audits, so that the picture moves smoothly on any backend while
//! training continues.

use crate::exact::audit::AuditReport;
use crate::metrics::Measurement;
use crate::potentials::SecondPotential;
use crate::run::RunRequest;

/// A tabulation takes about as long as this many training steps.
const TABULATION_IN_STEPS: f64 = 10.0;
/// Tabulations take about this share of the work.
const TABULATION_SHARE: f64 = 0.25;
/// A new picture of the learned flow at most this often, and at least this often, milliseconds.
const TABULATION_INTERVAL_MS: [f64; 2] = [250.0, 2_000.0];
/// The first tabulations after a change of the source, this many, come at this shorter interval in milliseconds: the
/// flow changes most then.
const EARLY_TABULATIONS: u32 = 4;
const EARLY_INTERVAL_MS: f64 = 90.0;
/// A step longer than this makes dragging t stutter, milliseconds.
const LONG_STEP_MS: f64 = 30.0;
/// With long steps, submissions without training between two with training while the user drags something.
const PICTURES_BETWEEN: u32 = 2;
/// Training work of one submission while the picture moves, and otherwise, milliseconds.
const MOVING_MS: f64 = 12.0;
const RESTING_MS: f64 = 30.0;

/// An audit begins at most this often, milliseconds, and all of them take about this share of the time.
const AUDIT_INTERVAL_MS: f64 = 1_000.0;
const AUDIT_SHARE: f64 = 0.05;

/// The circumstances in which a submission, or a slice of work on the CPU, is planned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Situation {
    /// As in [`RunRequest`].
    pub training: bool,
    /// The flow plays: t moves by itself.
    pub playing: bool,
    /// The user is dragging t or ε.
    pub busy: bool,
    /// The pen is down.
    pub drawing: bool,
    /// The picture must be drawn again although the flow is the same: another t, size, or theme.
    pub redraw: bool,
    /// The kernels have an exact flow to solve for, or particles to move.
    pub solving: bool,
    /// The steps of a plan are done in slices; they count only when [`Scheduler::trained`] is called, not when planned.
    pub sliced: bool,
    /// Measured milliseconds of a training step, once one is known.
    pub step_ms: Option<f64>,
}

impl Situation {
    /// From a request, with steps of `step_ms` milliseconds; nothing to be redrawn or solved for.
    pub fn new(request: &RunRequest, step_ms: Option<f64>) -> Self {
        let RunRequest { training, playing, busy, drawing, .. } = *request;
        Self { training, playing, busy, drawing, redraw: false, solving: false, sliced: false, step_ms }
    }

    /// Whether a step makes a drag stutter.
    pub fn has_long_steps(&self) -> bool {
        self.step_ms.is_some_and(|ms| ms > LONG_STEP_MS)
    }

    /// Whether training and the learned flow pause while the pen is down. Long steps, on a slow or a software adapter,
    /// would delay the ink on the screen. The exact flow still follows the pen. Steps in slices delay nothing.
    pub fn is_suspended(&self) -> bool {
        self.drawing && self.has_long_steps() && !self.sliced
    }
}

/// The work of one submission.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Training steps; may be 0.
    pub steps: u32,
    /// Whether the potentials of the averaged weights are tabulated on the flow lattice and measured.
    pub tabulate: bool,
    /// Whether a picture is drawn.
    pub picture: bool,
}

/// Plans submissions; it keeps what was done last and what is still to do.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {
    tabulated_ms: f64,
    tabulations_since_change: u32,
    tabulate_soon: bool,
    untabulated_steps: bool,
    single_steps: u32,
    submissions_since_training: u32,
}

impl Scheduler {
    /// The flow shown is out of date: another source, ε, or device.
    pub fn tabulate_soon(&mut self) {
        self.tabulate_soon = true;
    }

    /// The learned flow has changed without a training step: it is tabulated at the next regular time.
    pub fn changed(&mut self) {
        self.untabulated_steps = true;
        self.tabulations_since_change = 0;
    }

    /// Asks for one training step while training is paused.
    pub fn step_once(&mut self) {
        self.single_steps += 1;
    }

    /// Records that `steps` steps are done.
    pub fn trained(&mut self, steps: u32) {
        self.single_steps = self.single_steps.saturating_sub(steps);
        self.untabulated_steps |= steps > 0;
    }

    /// The run starts again: forgets all plans and tabulates first.
    pub fn restart(&mut self) {
        *self = Self { tabulate_soon: true, ..Self::default() };
    }

    /// Whether anything is left to be submitted.
    pub fn has_work(&self, situation: &Situation) -> bool {
        let moving = situation.training || situation.playing || situation.redraw || situation.solving;
        moving || self.tabulate_soon || self.single_steps > 0 || self.untabulated_steps
    }

    /// The next submission, or none. `steps_for` gives the number of steps that take about that many milliseconds.
    pub fn plan(&mut self, now_ms: f64, situation: &Situation, steps_for: impl Fn(f64) -> u32) -> Option<Plan> {
        if situation.is_suspended() {
            let goes_on = situation.redraw || situation.solving;
            return goes_on.then_some(Plan { steps: 0, tabulate: false, picture: situation.redraw });
        }
        if !self.has_work(situation) {
            return None;
        }
        let steps = self.steps(situation, steps_for);
        self.submissions_since_training = if steps > 0 { 0 } else { self.submissions_since_training + 1 };
        if !situation.sliced {
            self.trained(steps);
        }
        let tabulation_ms = TABULATION_IN_STEPS * situation.step_ms.unwrap_or(0.0);
        let [shortest, longest] = TABULATION_INTERVAL_MS;
        let is_early = self.tabulations_since_change < EARLY_TABULATIONS && !situation.drawing;
        let shortest = if is_early { EARLY_INTERVAL_MS } else { shortest };
        let interval = (tabulation_ms / TABULATION_SHARE).clamp(shortest, longest);
        let due = self.untabulated_steps && (!situation.training || now_ms - self.tabulated_ms >= interval);
        let tabulate = self.tabulate_soon || due;
        if tabulate {
            (self.tabulated_ms, self.tabulate_soon, self.untabulated_steps) = (now_ms, false, false);
            self.tabulations_since_change = self.tabulations_since_change.saturating_add(1);
        }
        Some(Plan { steps, tabulate, picture: tabulate || situation.playing || situation.redraw })
    }

    fn steps(&mut self, situation: &Situation, steps_for: impl Fn(f64) -> u32) -> u32 {
        if self.single_steps > 0 {
            return 1;
        }
        // A new flow is drawn before its first training step.
        if !situation.training || self.tabulate_soon {
            return 0;
        }
        let moving = situation.playing || situation.busy || situation.drawing;
        // While the flow only plays, pictures may be a little late in favour of training; while the user drags, they
        // may not.
        if situation.busy
            && situation.has_long_steps()
            && !situation.sliced
            && self.submissions_since_training < PICTURES_BETWEEN
        {
            return 0;
        }
        steps_for(if moving { MOVING_MS } else { RESTING_MS })
    }
}

/// When the learned flow is compared with the exact one.
#[derive(Clone, Debug)]
pub struct Audits {
    began_ms: f64,
    cost_ms: f64,
    /// Step, ε and second potential of what was audited last.
    last: Option<(u64, f64, SecondPotential)>,
}

impl Default for Audits {
    fn default() -> Self {
        Self { began_ms: f64::NEG_INFINITY, cost_ms: 0.0, last: None }
    }
}

impl Audits {
    /// Whether this measured flow has not been audited yet.
    pub fn are_behind(&self, measurement: &Measurement, second_potential: SecondPotential) -> bool {
        self.last != Some((measurement.step, measurement.epsilon, second_potential))
    }

    /// Milliseconds until another audit may begin, so that audits take a small share of the time, whatever their cost.
    pub fn due_in_ms(&self, now_ms: f64) -> f64 {
        self.began_ms + AUDIT_INTERVAL_MS.max(self.cost_ms / AUDIT_SHARE) - now_ms
    }

    /// An audit begins.
    pub fn begin(&mut self, now_ms: f64) {
        (self.began_ms, self.cost_ms) = (now_ms, 0.0);
    }

    /// The audit was worked on for `ms` milliseconds.
    pub fn worked(&mut self, ms: f64) {
        self.cost_ms += ms;
    }

    /// The audit is done.
    pub fn end(&mut self, audit: &AuditReport) {
        self.last = Some((audit.step, audit.epsilon, audit.second_potential));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Situation = Situation {
        training: false,
        playing: false,
        busy: false,
        drawing: false,
        redraw: false,
        solving: false,
        sliced: false,
        step_ms: None,
    };

    #[test]
    fn an_idle_page_submits_nothing() {
        let mut pacing = Scheduler::default();
        assert_eq!(pacing.plan(0.0, &IDLE, |_| 9), None);
        pacing.tabulate_soon();
        assert_eq!(pacing.plan(0.0, &IDLE, |_| 9), Some(Plan { steps: 0, tabulate: true, picture: true }));
        assert_eq!(pacing.plan(16.0, &IDLE, |_| 9), None);
    }

    #[test]
    fn a_pause_is_followed_by_one_tabulation_of_what_was_learned() {
        let mut pacing = Scheduler::default();
        let training = Situation { training: true, ..IDLE };
        assert_eq!(pacing.plan(10.0, &training, |_| 9), Some(Plan { steps: 9, tabulate: false, picture: false }));
        assert_eq!(pacing.plan(20.0, &IDLE, |_| 9), Some(Plan { steps: 0, tabulate: true, picture: true }));
        assert_eq!(pacing.plan(30.0, &IDLE, |_| 9), None);
        pacing.step_once();
        assert_eq!(pacing.plan(40.0, &IDLE, |_| 9), Some(Plan { steps: 1, tabulate: true, picture: true }));
    }

    #[test]
    fn tabulations_take_a_bounded_share_on_slow_adapters() {
        let mut pacing = Scheduler::default();
        let situation = Situation { training: true, step_ms: Some(40.0), ..IDLE };
        let tabulations =
            (0..200).filter(|k| pacing.plan(100.0 * f64::from(*k), &situation, |_| 1).unwrap().tabulate).count();
        assert!(tabulations <= 13, "{tabulations} tabulations in 200 steps");
        assert!(tabulations >= 10, "{tabulations} tabulations in 200 steps");
    }

    #[test]
    fn a_new_source_is_measured_sooner_at_first() {
        let mut pacing = Scheduler::default();
        let situation = Situation { training: true, step_ms: Some(2.0), ..IDLE };
        let mut tabulations = |from: i32| -> Vec<i32> {
            let times = from..from + 1_000;
            times.filter(|ms| pacing.plan(f64::from(*ms), &situation, |_| 1).unwrap().tabulate).collect()
        };
        assert_eq!(tabulations(0), [90, 180, 270, 360, 610, 860]);
        pacing.changed();
        let mut pen = pacing.clone();
        assert!(pen.plan(1_000.0, &Situation { drawing: true, ..situation }, |_| 1).is_some_and(|plan| !plan.tabulate));
        assert!(pacing.plan(1_000.0, &situation, |_| 1).is_some_and(|plan| plan.tabulate));
    }

    #[test]
    fn steps_in_slices_count_when_they_are_done() {
        let mut pacing = Scheduler::default();
        let paused = Situation { sliced: true, step_ms: Some(500.0), ..IDLE };
        pacing.step_once();
        for now_ms in [5_000.0, 5_012.0] {
            assert_eq!(pacing.plan(now_ms, &paused, |_| 9), Some(Plan { steps: 1, tabulate: false, picture: false }));
            pacing.trained(0);
        }
        pacing.trained(1);
        assert_eq!(pacing.plan(5_024.0, &paused, |_| 9), Some(Plan { steps: 0, tabulate: true, picture: true }));
        assert_eq!(pacing.plan(5_036.0, &paused, |_| 9), None);
        // Nothing is tabulated before a step is done, and dragging costs no training.
        let moving = Situation { training: true, busy: true, ..paused };
        let plan = |pacing: &mut Scheduler, now_ms| {
            pacing.plan(now_ms, &moving, |_| 1).map(|plan| (plan.steps, plan.tabulate))
        };
        assert_eq!(plan(&mut pacing, 9_000.0), Some((1, false)));
        pacing.trained(1);
        assert_eq!([9_012.0, 9_024.0].map(|ms| plan(&mut pacing, ms)), [Some((1, true)), Some((1, false))]);
    }

    #[test]
    fn audits_take_a_bounded_share() {
        let mut audits = Audits::default();
        assert!(audits.due_in_ms(0.0) < 0.0);
        audits.begin(0.0);
        audits.worked(20.0);
        assert_eq!(audits.due_in_ms(400.0), 600.0);
        audits.worked(180.0);
        assert_eq!(audits.due_in_ms(400.0), 3_600.0);
    }

    #[test]
    fn long_steps_leave_room_for_pictures() {
        let mut pacing = Scheduler::default();
        let situation = Situation { training: true, playing: true, busy: true, step_ms: Some(100.0), ..IDLE };
        let steps: Vec<u32> = (0..6).map(|k| pacing.plan(f64::from(k), &situation, |_| 1).unwrap().steps).collect();
        assert_eq!(steps, [0, 0, 1, 0, 0, 1]);
        // While the pen is down, only the exact flow is drawn.
        let drawing = Situation { drawing: true, ..situation };
        assert_eq!(pacing.plan(6.0, &drawing, |_| 1), None);
        let picture = Some(Plan { steps: 0, tabulate: false, picture: true });
        assert_eq!(pacing.plan(6.0, &Situation { redraw: true, ..drawing }, |_| 1), picture);
        assert_eq!(pacing.plan(6.0, &Situation { sliced: true, ..drawing }, |_| 1).unwrap().steps, 1);
        assert_eq!(pacing.plan(7.0, &Situation { busy: false, ..situation }, |_| 1).unwrap().steps, 1);
    }
}

//! The numbers beside the flow: each as text for people and as a value for programs.

use crate::capability::CpuReason;
use crate::widgets::plot::History;
use flowsketch_core::exact::audit::{AuditMetrics, AuditReport};
use flowsketch_core::gpu::Gpu;
use flowsketch_core::metrics::Measurement;
use flowsketch_web::dom::{element, set};
use flowsketch_web::number::{brief, counted, grouped, raw, shown};
use std::collections::VecDeque;
use web_sys::{Document, Element};

/// Steps per second are counted over this time, milliseconds.
const WINDOW_MS: f64 = 4_000.0;

/// Times of an audit in hundredths, as in the names of metrics.
const AUDIT_TIMES: [u32; 3] = [25, 50, 75];

pub struct Readout {
    document: Document,
    adapter: Element,
    plot: Element,
    history: History,
    /// Pairs of a time in milliseconds and the steps submitted until then.
    submitted: VecDeque<(f64, u64)>,
}

impl Readout {
    pub fn new(document: &Document) -> Self {
        let plot: Element = element(document, "plot");
        let history = History::default();
        plot.set_inner_html(&history.svg());
        Self {
            document: document.clone(),
            adapter: element(document, "adapter"),
            plot,
            history,
            submitted: VecDeque::new(),
        }
    }

    /// Names the adapter, and says when it is software.
    pub fn name_adapter(&self, gpu: &Gpu, browser_name: Option<String>) {
        let name = name_of(gpu, browser_name);
        let text = if gpu.software { format!("{name} (software, so it is slow)") } else { name };
        self.adapter.set_text_content(Some(&text));
    }

    /// Says that the processor computes, and why.
    pub fn name_processor(&self, why: &CpuReason) {
        self.adapter
            .set_text_content(Some(&format!("this processor, one thread (WebAssembly SIMD): {}.", why.reason())));
    }

    /// The run starts again: nothing is measured yet.
    pub fn clear(&mut self) {
        self.history.clear();
        self.draw_plot();
        self.forget_speed();
        for name in
            ["step", "dual", "kl_source", "tv_source", "mass", "maximality_phi", "steps_per_second", "evaluations"]
        {
            self.show(name, "", "—");
        }
        self.forget_audit();
    }

    /// The curve starts again from here; numbers stay until new ones come.
    pub fn begin_curve(&mut self) {
        self.history.clear();
        self.draw_plot();
    }

    /// What was measured against an exact flow is out of date: another source or ε.
    pub fn forget_audit(&mut self) {
        self.history.set_optimum(None);
        self.draw_plot();
        for name in ["optimum", "gap", "marginal_source", "marginal_target", "continuity", "maximality_psi"] {
            self.show(name, "", "—");
        }
        for time in AUDIT_TIMES {
            self.show(&format!("l1_rho_{time}"), "", "—");
            self.show(&format!("velocity_error_{time}"), "", "—");
        }
    }

    pub fn take_audit(&mut self, audit: &AuditReport) {
        let AuditMetrics { marginal_source, marginal_target, maximality_psi, continuity, optimum, .. } = audit.findings;
        for (name, value) in [
            ("optimum", optimum),
            ("gap", audit.gap),
            ("marginal_source", marginal_source),
            ("marginal_target", marginal_target),
            ("continuity", continuity),
            ("maximality_psi", maximality_psi),
        ] {
            self.show(name, &raw(value), &shown(value));
        }
        for (k, time) in AUDIT_TIMES.into_iter().enumerate() {
            let [l1, velocity] = [audit.findings.l1_rho[k], audit.findings.velocity_error[k]];
            self.show(&format!("l1_rho_{time}"), &raw(l1), &brief(l1));
            self.show(&format!("velocity_error_{time}"), &raw(velocity), &brief(velocity));
        }
        self.history.set_optimum(Some((audit.epsilon, optimum)));
        self.draw_plot();
    }

    /// Shows a measurement, and adds it to the curve if it `is_of_curve`: while the pen is down, each value is of
    /// another source.
    pub fn take(&mut self, measurement: &Measurement, is_of_curve: bool) {
        let metrics = &measurement.metrics;
        if is_of_curve {
            self.history.push(measurement.step, metrics.dual, measurement.epsilon);
            self.draw_plot();
        }
        for (name, value) in [
            ("dual", metrics.dual),
            ("kl_source", metrics.kl_source),
            ("tv_source", metrics.tv_source),
            ("mass", metrics.mass),
            ("maximality_phi", metrics.maximality_phi),
        ] {
            self.show(name, &raw(value), &shown(value));
        }
        self.show("step", &measurement.step.to_string(), &grouped(measurement.step));
        self.show("evaluations", &measurement.evaluations.to_string(), &counted(measurement.evaluations));
    }

    /// Notes how many steps were submitted by now, while training is on.
    pub fn count(&mut self, now_ms: f64, step: u64) {
        self.submitted.push_back((now_ms, step));
        while self.submitted.len() > 2 && now_ms - self.submitted[0].0 > WINDOW_MS {
            self.submitted.pop_front();
        }
    }

    /// Training paused or continued: earlier counts no longer give the speed.
    pub fn forget_speed(&mut self) {
        self.submitted.clear();
    }

    /// Training pauses.
    pub fn stop_counting(&mut self) {
        self.forget_speed();
        self.show_speed(false);
    }

    pub fn show_speed(&self, training: bool) {
        if !training {
            return self.show("steps_per_second", "0", "0");
        }
        let (Some(first), Some(last)) = (self.submitted.front(), self.submitted.back()) else { return };
        // Less than half a second is too short for a speed.
        if last.0 - first.0 >= 500.0 {
            let speed = (last.1 - first.1) as f64 / (last.0 - first.0) * 1e3;
            self.show(
                "steps_per_second",
                &format!("{speed:.2}"),
                &if speed < 9.95 { format!("{speed:.1}") } else { grouped(speed.round() as u64) },
            );
        }
    }

    fn draw_plot(&self) {
        self.plot.set_inner_html(&self.history.svg());
        set(&self.plot, "aria-label", &self.history.describe());
    }

    fn show(&self, name: &str, value: &str, text: &str) {
        let selector = format!("data[data-metric={name}]");
        let datum = self.document.query_selector(&selector).ok().flatten().expect("every metric has its place");
        set(&datum, "value", value);
        datum.set_text_content(Some(text));
    }
}

/// What to call an adapter.
pub fn name_of(gpu: &Gpu, browser_name: Option<String>) -> String {
    let own = Some(gpu.name.clone()).filter(|name| !name.is_empty());
    own.or(browser_name).unwrap_or_else(|| "an adapter without a name".into())
}

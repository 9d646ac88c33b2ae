//! A worker that answers questions about the flow shown.

use flowsketch_core::potentials::Shown;
use flowsketch_core::shown::ShownFlow;
use flowsketch_protocol::inspection::{Finding, Question};
use flowsketch_protocol::worker::{Answer, Request};
use flowsketch_protocol::{decode, encode};
use flowsketch_web::line::{INSPECTION_WORKER, Inbox, Line};
use flowsketch_web::ticker::Ticker;
use std::rc::Rc;

pub struct InspectionWorker {
    line: Option<Line>,
    is_listening: bool,
    failure: Option<String>,
    /// The newest flow of the page, unless it was passed on, and the number of flows so far.
    flow: Option<Box<ShownFlow>>,
    flows: u32,
    /// The number of the flow that questions are about, and what it shows.
    at: Option<(u32, Shown)>,
}

impl InspectionWorker {
    /// Starts the worker, and wakes the panels for each answer.
    pub fn open(ticker: &Rc<Ticker>) -> Self {
        let ticker = Rc::clone(ticker);
        let (line, failure) = match Line::open(INSPECTION_WORKER, Rc::new(move || ticker.wake())) {
            Ok(line) => (Some(line), None),
            Err(words) => (None, Some(words)),
        };
        Self { line, is_listening: false, failure, flow: None, flows: 0, at: None }
    }

    /// The page shows another flow.
    pub fn hear(&mut self, flow: Box<ShownFlow>) {
        (self.flow, self.flows) = (Some(flow), self.flows + 1);
    }

    /// The number of the newest flow; none while no worker listens.
    pub fn flow(&self) -> Option<u32> {
        (self.line.is_some() && self.is_listening && self.flows > 0).then_some(self.flows)
    }

    /// From here on questions are about the newest flow.
    pub fn turn(&mut self) {
        if let Some(flow) = self.flow.take() {
            self.at = Some((self.flows, flow.shown));
            self.ask(Question::Flow(flow));
        }
    }

    /// The number of the flow that questions are about; none while there is no worker.
    pub fn at(&self) -> Option<u32> {
        self.line.as_ref().and(self.at).map(|(flow, _)| flow)
    }

    /// What that flow shows.
    pub fn shown(&self) -> Option<Shown> {
        self.at.map(|(_, shown)| shown)
    }

    pub fn ask(&self, question: Question) {
        if let Some(line) = &self.line {
            line.ask(&Request::Explore(encode(&question)));
        }
    }

    /// What has been answered since the last call.
    pub fn receive(&mut self) -> Vec<Finding> {
        let Some(line) = &self.line else { return vec![] };
        let Inbox { answers, failure, .. } = line.take();
        let mut findings = vec![];
        for answer in answers {
            match answer {
                Answer::Ready => self.is_listening = true,
                Answer::Explored(bytes) => findings.extend(decode::<Finding>(&bytes)),
                // This worker has no run, and is asked nothing else.
                _ => {}
            }
        }
        if failure.is_some() {
            (self.line, self.failure) = (None, failure);
        }
        findings
    }

    /// Why there is no worker; returned once.
    pub fn take_failure(&mut self) -> Option<String> {
        self.failure.take().map(|words| words.trim_end_matches('.').into())
    }
}

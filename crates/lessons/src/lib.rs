//! Lessons: [read] from Markdown as docs/lessons.md describes it, and written as pages that need no program. The page of
//! Flowsketch shows the same pages step by step. Whether states and claims are right is checked by a test, which knows the
//! core; this package knows only the form.
#![warn(missing_docs)]

mod markdown;
mod page;
mod parts;
mod read;

pub use markdown::typeset;
pub use page::{index, page};
pub use read::read;

/// A lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// The name of its file, and of its page.
    pub name: String,
    /// Its place among the lessons, from 1.
    pub number: u32,
    /// At most [`LONGEST_TITLE`] characters.
    pub title: String,
    /// Reading time.
    pub minutes: u32,
    /// What the reader can do afterwards, as HTML of one line.
    pub aim: String,
    /// 4 to 9 steps.
    pub steps: Vec<Step>,
    /// Questions to ask, and exercises with answers, as HTML.
    pub for_teachers: String,
    /// What the part for teachers says of flows, in the words of a claim; the state is that of the last step.
    pub claims_for_teachers: Vec<String>,
}

/// One step of a lesson.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// Plain text.
    pub title: String,
    /// What the page is set to; none if it stays as it was.
    pub set: Option<Set>,
    /// HTML.
    pub text: String,
    /// What the text says, in the words of a claim.
    pub claims: Vec<String>,
    /// Claims about numbers of panel 3: a name, < or >, and a number.
    pub watched: Vec<String>,
    /// What the reader is asked.
    pub question: Option<Question>,
    /// A figure of the same on a line.
    pub line: Option<Line>,
    /// The exact mathematics, as HTML; empty if there is none.
    pub formulas: String,
}

/// What the page is set to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Set {
    /// The query of a link.
    pub link: String,
    /// The drawing, in the letters of a link's fragment; empty for a preset.
    pub drawing: String,
    /// The selector of one of [`PARTS`], or empty.
    pub show: String,
    /// Whether training goes on.
    pub trains: bool,
}

/// A question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// HTML of one line.
    pub ask: String,
    /// Each choice as HTML of one line, and the claim that makes it right.
    pub choices: Vec<(String, String)>,
    /// In place of choices: the claim that is true once the reader has set the page as asked.
    pub until: String,
    /// HTML of one line, said after the right answer.
    pub right: String,
    /// HTML of one line, said after another answer.
    pub wrong: String,
}

/// A figure of a flow on a line, where all can be seen at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// The name of its source.
    pub source: String,
    /// The reader makes the half-steps of Sinkhorn's iteration; otherwise it is solved.
    pub by_half_steps: bool,
    /// One of [`PRINTED`], for a switch that runs a formula of the paper as printed; or empty.
    pub printed: String,
    /// What it shows, as HTML of one line.
    pub caption: String,
}

/// The parts of the page that a step can point at, and the selector of each.
pub const PARTS: [(&str, &str); 17] = [
    ("pad", ".source > .square"),
    ("presets", ".presets"),
    ("target", ".target"),
    ("epsilon", ".training > .slider"),
    ("train", ".training > .row"),
    ("recipe", ".recipe"),
    ("settings", ".training > details"),
    ("views", ".views"),
    ("map", ".stage"),
    ("time", ".time"),
    ("strip", ".strip"),
    ("measures", ".numbers"),
    ("inspector", ".inspector"),
    ("step-inspector", "#step-inspector"),
    ("compare", "#compare"),
    ("laboratory", "#laboratory"),
    ("history", "#history"),
];

/// The formulas that a figure can run as the paper prints them.
pub const PRINTED: [&str; 4] = ["velocity", "transform", "covariance", "penalty"];

/// Most characters of a title.
pub const LONGEST_TITLE: usize = 40;
/// Most words of the text of a step.
pub const MOST_WORDS: usize = 60;

//! A phase of a step consists of independent works, and a work is a sequence of pieces.

/// Does its next piece, and says whether another is left.
pub type Work<'a> = Box<dyn FnMut() -> bool + Send + 'a>;

/// A work of one piece.
pub fn at_once<'a>(mut work: impl FnMut() + Send + 'a) -> Work<'a> {
    Box::new(move || {
        work();
        false
    })
}

/// How much of a step is done before control returns to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portion {
    /// A phase, on all cores.
    Phase,
    /// A piece: at most a few hundred evaluations, or a heat average.
    Piece,
}

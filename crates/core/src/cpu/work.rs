//! What the phases of a step consist of: works that do not wait for each other, each of pieces in a row.

/// Does its next piece, and says whether another is left.
pub type Work<'a> = Box<dyn FnMut() -> bool + Send + 'a>;

/// A work of one piece.
pub fn at_once<'a>(mut work: impl FnMut() + Send + 'a) -> Work<'a> {
    Box::new(move || {
        work();
        false
    })
}

/// How much is done before the caller is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portion {
    /// A phase, on all cores.
    Phase,
    /// A piece: at most some hundred evaluations, or a heat average.
    Piece,
}

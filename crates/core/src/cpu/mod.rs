//! The backend for machines without a GPU: training in f32, in tiles of rows that stay in the cache, vectors of the width
//! that the processor has, and all of its cores; and the pictures.
//!
//! It computes what the plain text of [`reference`](crate::reference) says, stage by stage in the same order, and is
//! tested equal to it.

mod learner;
mod monte_carlo;
pub mod picture;
mod quadrature;
pub mod session;
mod step;
mod tile;
pub mod trainer;
pub mod work;

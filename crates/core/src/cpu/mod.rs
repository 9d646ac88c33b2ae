//! The backend for machines without a GPU. It trains in f32, in tiles of rows that stay in the cache, with vectors as
//! wide as the processor has, on all cores; and it draws the pictures.
//!
//! It computes the same as the simpler code of [`reference`](crate::reference), stage by stage in the same order; tests
//! compare the two.

mod learner;
mod monte_carlo;
pub mod picture;
mod quadrature;
pub mod session;
mod step;
mod tile;
pub mod trainer;
pub mod work;

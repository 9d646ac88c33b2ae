//! Parallel loops: on all cores natively, on one in a browser.

#[cfg(not(target_arch = "wasm32"))]
use rayon::prelude::*;

/// Does `work` on each item, in parallel where there is more than one core.
pub fn each<T: Send>(items: Vec<T>, work: impl Fn(T) + Send + Sync) {
    #[cfg(not(target_arch = "wasm32"))]
    items.into_par_iter().for_each(work);
    #[cfg(target_arch = "wasm32")]
    items.into_iter().for_each(work);
}

/// `f` of each item, in order.
pub fn map<A: Sync, B: Send>(items: &[A], f: impl Fn(&A) -> B + Send + Sync) -> Vec<B> {
    #[cfg(not(target_arch = "wasm32"))]
    return items.par_iter().map(f).collect();
    #[cfg(target_arch = "wasm32")]
    items.iter().map(f).collect()
}

/// Does both, in parallel where there is more than one core.
pub fn both<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    #[cfg(not(target_arch = "wasm32"))]
    return rayon::join(a, b);
    #[cfg(target_arch = "wasm32")]
    (a(), b())
}

/// The range of the `index`-th of `count` nearly equal parts of 0..`len`.
pub fn share(len: usize, index: usize, count: usize) -> std::ops::Range<usize> {
    len * index / count..len * (index + 1) / count
}

/// A slice divided into `count` such parts.
pub fn shares_mut<T>(mut slice: &mut [T], count: usize) -> Vec<&mut [T]> {
    let len = slice.len();
    (0..count)
        .map(|index| {
            let (first, rest) = std::mem::take(&mut slice).split_at_mut(share(len, index, count).len());
            slice = rest;
            first
        })
        .collect()
}

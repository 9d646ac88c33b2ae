//! Names of settings in links, files and commands.

use crate::config::{Activation, Optimiser, Recipe};

macro_rules! named {
    ($type:ident: $($variant:ident = $name:literal),+) => {
        impl $type {
            /// All values, in the order of declaration.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];
            /// In the order of [`ALL`](Self::ALL).
            pub const NAMES: [&str; Self::ALL.len()] = [$($name),+];

            /// The name in links, files and commands.
            pub fn name(self) -> &'static str {
                Self::NAMES[self as usize]
            }

            /// The value of that [`name`](Self::name).
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.name() == name)
            }
        }
    };
}

named!(Recipe: Quadrature = "quadrature", MonteCarlo = "paper");
named!(Optimiser: Adam = "adam", Sgd = "sgd");
named!(Activation: Relu = "relu", LeakyRelu = "leaky-relu", Silu = "silu");

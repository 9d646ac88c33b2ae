//! One source of each loop, compiled for each vector width that a processor may have.

/// Vector width of the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 512 bits, fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 256 bits, fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 128 bits of WebAssembly, fused multiply-add.
    #[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
    Relaxed,
    /// What every processor of the architecture has; 128 bits in WebAssembly.
    Portable,
}

impl Width {
    /// The widest that this processor supports.
    pub fn detect() -> Self {
        Self::all()[0]
    }

    /// All that this processor supports, the widest first.
    #[allow(clippy::vec_init_then_push, reason = "on other processors there is one alone")]
    pub fn all() -> Vec<Self> {
        let mut widths = vec![];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("fma") {
                widths.push(Self::Avx512);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                widths.push(Self::Avx2);
            }
        }
        #[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
        widths.push(Self::Relaxed);
        widths.push(Self::Portable);
        widths
    }
}

/// Defines a method of [`Width`] that runs `$body`, a function that is always inlined, compiled for that width. The
/// generic arguments in brackets (columns of a register tile, whether multiply-add is fused) are those of 512 bits, of
/// 256, of fused WebAssembly, and of any processor.
macro_rules! for_each_width {
    (
        $(#[$doc:meta])*
        $name:ident($($argument:ident: $type:ty),* $(,)?) = $body:ident { $wide:tt $middle:tt $relaxed:tt $portable:tt }
    ) => {
        impl $crate::simd::width::Width {
            $(#[$doc])*
            #[allow(clippy::too_many_arguments, reason = "those of the body")]
            pub fn $name(self, $($argument: $type),*) {
                use $crate::simd::width::generic;
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx512f,fma")]
                #[allow(clippy::too_many_arguments, reason = "those of the body")]
                fn wide($($argument: $type),*) {
                    generic!($body $wide)($($argument),*)
                }
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments, reason = "those of the body")]
                fn middle($($argument: $type),*) {
                    generic!($body $middle)($($argument),*)
                }
                #[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
                #[target_feature(enable = "relaxed-simd")]
                #[allow(clippy::too_many_arguments, reason = "those of the body")]
                fn relaxed($($argument: $type),*) {
                    generic!($body $relaxed)($($argument),*)
                }
                match self {
                    // SAFETY: the features were detected when this value was made.
                    #[cfg(target_arch = "x86_64")]
                    Self::Avx512 => unsafe { wide($($argument),*) },
                    #[cfg(target_arch = "x86_64")]
                    Self::Avx2 => unsafe { middle($($argument),*) },
                    #[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
                    Self::Relaxed => relaxed($($argument),*),
                    Self::Portable => generic!($body $portable)($($argument),*),
                }
            }
        }
    };
}

pub(crate) use for_each_width;

/// Writes a function with its generic arguments.
macro_rules! generic {
    ($body:ident [$($argument:tt),*]) => { $body::<$($argument),*> };
}

pub(crate) use generic;

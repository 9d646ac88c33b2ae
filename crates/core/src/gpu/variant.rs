//! Variants of the fused kernels: sizes of tiles and registers, precision of the transposed weights.

/// A variant of the fused kernels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Variant {
    /// Rows of points of a workgroup.
    pub rows: TileRows,
    /// Numbers that an invocation keeps in registers.
    pub registers: Registers,
    /// Precision of the transposed weights.
    pub copies: WeightPrecision,
}

impl Variant {
    /// How many there are.
    pub const COUNT: usize = 4 * WeightPrecision::ALL.len();

    /// All of them.
    pub fn all() -> [Self; Self::COUNT] {
        let bit = |index: usize, place: usize| index >> place & 1;
        std::array::from_fn(|index| Self {
            rows: [TileRows::Few, TileRows::Many][bit(index, 0)],
            registers: Registers::ALL[bit(index, 1)],
            copies: WeightPrecision::ALL[index / 4],
        })
    }

    pub(super) fn index(self) -> usize {
        self.rows as usize + 2 * self.registers as usize + 4 * self.copies as usize
    }
}

/// How many rows a tile of a fused kernel has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TileRows {
    /// 32, in 16 KiB of workgroup memory.
    #[default]
    Few,
    /// 64, in 32 KiB.
    Many,
}

impl TileRows {
    /// The rows of a tile.
    pub const fn count(self) -> u32 {
        match self {
            Self::Few => 32,
            Self::Many => 64,
        }
    }
}

/// How large a tile of rows and columns an invocation of a fused kernel holds in its registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registers {
    /// 4 x 4: what the registers of any GPU hold.
    #[default]
    R4x4,
    /// 4 x 8: fewer accesses to memory, if there are enough registers.
    R4x8,
}

impl Registers {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::R4x4, Self::R4x8];

    /// How many invocations share the 64 columns of the same rows.
    pub const fn column_groups(self) -> u32 {
        match self {
            Self::R4x4 => 16,
            Self::R4x8 => 8,
        }
    }
}

/// Precision of the transposed weights used in the backward pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeightPrecision {
    /// f32.
    #[default]
    Single,
    /// f16, half the memory traffic. Rounding a weight changes each term of the cotangents that a layer passes back by
    /// at most 2⁻¹¹ of its size. Not in browsers, where no test could run it.
    #[cfg(not(target_arch = "wasm32"))]
    Half,
}

impl WeightPrecision {
    /// Those that this build can run.
    pub const ALL: &[Self] = &[
        Self::Single,
        #[cfg(not(target_arch = "wasm32"))]
        Self::Half,
    ];

    /// The start of a shader with such weights; it has no line break, so that the numbers of lines stay the same.
    pub const fn prelude(self) -> &'static str {
        match self {
            Self::Single => "alias Copied = f32; ",
            #[cfg(not(target_arch = "wasm32"))]
            Self::Half => "enable f16; alias Copied = f16; ",
        }
    }
}

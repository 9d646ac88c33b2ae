//! Which columns and rows of a file of points were used.

use std::fmt::{Display, Formatter, Result};

/// Shown as a sentence: "300 points, columns x and y, weights w; 3 rows without numbers were left out."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Points in the file.
    pub found: usize,
    /// k, if every k-th of them was used; 1 if all were.
    pub every: usize,
    /// Names, or else numbers from 1, of the columns of x and of y, and of the weights where there are any.
    pub columns: Vec<String>,
    /// Rows that were left out because a number is missing.
    pub left_out: usize,
    /// Points of weight 0, which were left out too.
    pub weightless: usize,
    /// Whether commas were taken as separators although rows such as 12,340 could be numbers with a decimal comma.
    pub commas_separate: bool,
}

impl Taken {
    /// The same in a few words; none if all rows were used and their columns are plain x and y.
    pub fn aside(&self) -> Option<String> {
        let mut words = vec![];
        if self.every > 1 {
            words.push(format!("every {} of {} points", ordinal(self.every), grouped(self.found)));
        }
        if let [x, y, weights @ ..] = &self.columns[..] {
            let are_plain =
                [["x", "y"], ["1", "2"]].iter().any(|[a, b]| x.eq_ignore_ascii_case(a) && y.eq_ignore_ascii_case(b));
            words.extend((!are_plain).then(|| format!("columns {x} and {y}")));
            words.extend(weights.iter().map(|weight| format!("weights {weight}")));
        }
        match self.left_out + self.weightless {
            0 => {}
            1 => words.push("1 row left out".into()),
            count => words.push(format!("{} rows left out", grouped(count))),
        }
        (!words.is_empty()).then(|| words.join(", "))
    }
}

impl Display for Taken {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let found = grouped(self.found);
        match self.every {
            1 if self.found == 1 => write!(f, "1 point")?,
            1 => write!(f, "{found} points")?,
            every => write!(f, "Every {} of {found} points", ordinal(every))?,
        }
        if let [x, y, weights @ ..] = &self.columns[..] {
            write!(f, ", columns {x} and {y}")?;
            weights.iter().try_for_each(|weight| write!(f, ", weights {weight}"))?;
        }
        if self.commas_separate {
            write!(f, "; commas were read as separators")?;
        }
        for (count, what) in [(self.left_out, "without numbers"), (self.weightless, "of weight 0")] {
            match count {
                0 => {}
                1 => write!(f, "; 1 row {what} was left out")?,
                _ => write!(f, "; {} rows {what} were left out", grouped(count))?,
            }
        }
        write!(f, ".")
    }
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{}{ending}", grouped(number))
}

/// With a comma before each group of three digits.
fn grouped(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1000), number % 1000),
    }
}

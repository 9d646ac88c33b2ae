//! Which columns of a table are x, y and the weights.

use super::Fault;
use super::number::{Mark, Spelling, is_whole, spelling};

/// Statistics of the fields of a column, over all rows of data.
#[derive(Clone, Debug, Default)]
pub struct Column {
    rows: usize,
    texts: usize,
    numbers: usize,
    /// Numbers that can only be read with a decimal point, and only with a decimal comma.
    with_point: usize,
    with_comma: usize,
    /// The first lines with numbers such as 1.234 and 1,234, whose point or comma may group thousands.
    maybe_point: Option<usize>,
    maybe_comma: Option<usize>,
    /// Whether all are whole numbers, whether all are 0, and whether one has a sign.
    pub is_whole: bool,
    pub is_zero: bool,
    pub has_sign: bool,
    /// The first lines with a zero before other digits, and with a zero that has a sign.
    pub leading_zero: Option<usize>,
    pub signed_zero: Option<usize>,
    /// The number that is next as long as the column counts its rows, from 0 or 1.
    next: Option<u64>,
}

impl Column {
    pub fn add(&mut self, field: &str, line: usize) {
        let is_first = self.rows == 0;
        self.rows += 1;
        self.is_whole = (is_first || self.is_whole) && is_whole(field);
        self.is_zero = (is_first || self.is_zero) && field == "0";
        self.next = match field.parse::<u64>() {
            Ok(number) if is_first && number <= 1 || self.next == Some(number) => number.checked_add(1),
            _ => None,
        };
        match spelling(field) {
            Spelling::Missing => return,
            Spelling::Text => self.texts += 1,
            Spelling::Number { point, comma } => {
                self.numbers += 1;
                self.with_point += usize::from(!comma);
                self.with_comma += usize::from(!point);
                let maybe = |mark| (point && comma && field.contains(mark)).then_some(line);
                self.maybe_point = self.maybe_point.or(maybe('.'));
                self.maybe_comma = self.maybe_comma.or(maybe(','));
            }
        }
        let digits = field.trim_start_matches(['+', '-']);
        let is_signed = digits.len() < field.len();
        self.has_sign |= is_signed;
        self.leading_zero = self.leading_zero.or((digits.len() > 1 && digits.starts_with('0')).then_some(line));
        self.signed_zero = self.signed_zero.or((is_signed && digits == "0").then_some(line));
    }

    /// Whether any field has a value.
    pub fn is_used(&self) -> bool {
        self.texts + self.numbers > 0
    }

    fn is_numeric(&self) -> bool {
        self.numbers > self.texts
    }

    /// Whether it may name or number the rows. That it numbers them is only recognised with three rows or more.
    pub fn is_index(&self) -> bool {
        self.texts > self.numbers || self.rows > 2 && self.next.is_some()
    }
}

/// The decimal mark of `columns`; if it is ambiguous it is refused.
pub fn mark(columns: &[&Column], comma_separates: bool) -> Result<Mark, Fault> {
    let sum = |count: fn(&Column) -> usize| columns.iter().map(|&column| count(column)).sum::<usize>();
    let first = |line: fn(&Column) -> Option<usize>| columns.iter().filter_map(|&column| line(column)).min();
    let [point, comma] = [sum(|column| column.with_point), sum(|column| column.with_comma)];
    match (first(|column| column.maybe_comma), first(|column| column.maybe_point)) {
        _ if comma > point => Ok(Mark::Comma),
        _ if point > 0 => Ok(Mark::Point),
        (Some(line), maybe_point) if comma_separates || maybe_point.is_some() => Err(Fault::row(
            line,
            "has a comma that may stand before decimals or group thousands: write the numbers without groups",
        )),
        (Some(_), _) => Ok(Mark::Comma),
        (None, _) => Ok(Mark::Point),
    }
}

/// The chosen columns, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub pair: [usize; 2],
    pub weight: Option<usize>,
}

/// Known names of x and y, in lower case without blanks.
const PAIRS: [[&str; 2]; 6] =
    [["x", "y"], ["lon", "lat"], ["lng", "lat"], ["long", "lat"], ["longitude", "latitude"], ["easting", "northing"]];
pub const WEIGHTS: [&str; 5] = ["w", "weight", "weights", "mass", "count"];
const INDEXES: [&str; 4] = ["", "index", "id", "unnamed:0"];

/// Chooses x, y and the weights by `names`, which may be empty, or else the only two columns of numbers. `first` is the
/// line of the first row of data.
pub fn choose(names: &[String], columns: &[Column], first: usize) -> Result<Choice, Fault> {
    let keys: Vec<String> = names.iter().map(|name| key(name)).collect();
    let is_one_of = |column: usize, known: &[&str]| keys.get(column).is_some_and(|key| known.contains(&key.as_str()));
    let is_index = |column: usize| match keys.is_empty() {
        true => column == 0 && columns[0].is_index(),
        false => is_one_of(column, &INDEXES),
    };
    let numeric: Vec<usize> = (0..columns.len()).filter(|&column| columns[column].is_numeric()).collect();
    let others: Vec<usize> = numeric.iter().copied().filter(|&column| !is_index(column)).collect();
    let unweighted: Vec<usize> = others.iter().copied().filter(|&column| !is_one_of(column, &WEIGHTS)).collect();
    let pair = match (named(&keys, &numeric), &unweighted[..], &others[..], columns.len()) {
        (Some(pair), ..) => pair,
        (None, &[x, y], ..) | (None, [] | [_], &[x, y], _) => [x, y],
        (None, .., 2) => [0, 1],
        (None, [] | [_], ..) => return Err(Fault::not_two_numbers(first)),
        _ => return Err(too_many(names, &others, first)),
    };
    let weights: Vec<usize> =
        (0..columns.len()).filter(|column| !pair.contains(column) && is_one_of(*column, &WEIGHTS)).collect();
    match weights[..] {
        [] => Ok(Choice { pair, weight: None }),
        [weight] => Ok(Choice { pair, weight: Some(weight) }),
        _ => Err(Fault::file("has more than one column of weights: keep the one that weighs the points")),
    }
}

fn key(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// The columns with known names, or the only two whose names differ in one character: x and y, 1 and 2, or 0 and 1.
fn named(keys: &[String], numeric: &[usize]) -> Option<[usize; 2]> {
    let place = |wanted: &str| {
        let mut places = (0..keys.len()).filter(|&column| keys[column] == wanted);
        places.next().filter(|_| places.next().is_none())
    };
    let known = PAIRS.iter().find_map(|[x, y]| Some([place(x)?, place(y)?]));
    if known.is_some() {
        return known;
    }
    let mut alike = vec![];
    for &a in numeric {
        for &b in numeric {
            let Some(difference) = keys.get(a).zip(keys.get(b)).and_then(|(a, b)| difference(a, b)) else { continue };
            if [['x', 'y'], ['1', '2'], ['0', '1']].contains(&difference) {
                alike.push(([a, b], difference));
            }
        }
    }
    // If names count from 0 (x0, x1, x2), the second and the third also differ as 1 and 2 but are not a pair.
    let seconds: Vec<usize> = alike.iter().filter(|(_, d)| *d == ['0', '1']).map(|([_, second], _)| *second).collect();
    alike.retain(|([a, _], difference)| *difference != ['1', '2'] || !seconds.contains(a));
    match alike[..] {
        [(pair, _)] => Some(pair),
        _ => None,
    }
}

/// The character of each name in which alone they differ; none if it is a digit of a number of several digits.
fn difference(a: &str, b: &str) -> Option<[char; 2]> {
    let mut places = a.bytes().zip(b.bytes()).enumerate().filter(|(_, (a, b))| a != b);
    let (place, (of_a, of_b)) = places.next().filter(|_| a.len() == b.len() && places.next().is_none())?;
    let is_digit = |place: Option<usize>| place.and_then(|k| a.as_bytes().get(k)).is_some_and(u8::is_ascii_digit);
    let is_in_number = of_a.is_ascii_digit() && (is_digit(place.checked_sub(1)) || is_digit(Some(place + 1)));
    (!is_in_number).then_some([of_a.into(), of_b.into()])
}

fn too_many(names: &[String], numeric: &[usize], first: usize) -> Fault {
    let count = numeric.len();
    if names.is_empty() {
        return Fault::row(
            first,
            format!(
                "has {count} numbers: name two columns x and y in a first row, and one weight if it weighs the points"
            ),
        );
    }
    let mut list: Vec<String> = numeric.iter().take(4).map(|&column| label(names, column)).collect();
    list.extend((count > 4).then(|| "..".into()));
    let list = list.join(", ");
    Fault::file(format!(
        "has {count} columns of numbers ({list}): name two of them x and y, and one weight if it weighs the points"
    ))
}

/// The name of a column, or its number from 1.
pub fn label(names: &[String], column: usize) -> String {
    const LONGEST: usize = 24;
    match names.get(column).map(|name| name.split_whitespace().collect::<Vec<&str>>().join(" ")) {
        Some(name) if !name.is_empty() => match name.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &name[..end]),
            None => name,
        },
        _ => (column + 1).to_string(),
    }
}

//! Reads points from the rows of a text.

use super::columns::{self, Choice, Column, choose, label};
use super::number::{Mark, Spelling, spelling, value};
use super::rows::{MOST_FIELDS, Rows, Separator};
use super::{Fault, Points, collector::collect, separator};
use std::borrow::Cow;

/// Most characters of a column's name that are kept.
const LONGEST_NAME: usize = 60;

/// Reads a text, and recognises its separator, header and decimal mark.
pub fn read(text: &str) -> Result<Points, Fault> {
    let (rows, is_said) = separator::recognise(text);
    let table = Table::new(rows)?;
    let Some(first) = table.first else { return collect(vec![], |_| Ok(())) };
    let comma_separates = table.rows.separator() == Separator::Character(b',');
    let commas_separate = comma_separates && !is_said && table.commas_may_separate(first)?;
    let choice = choose(&table.names, &table.columns, first)?;
    let chosen: Vec<usize> = choice.pair.into_iter().chain(choice.weight).collect();
    let of_these: Vec<&Column> = chosen.iter().filter_map(|&column| table.columns.get(column)).collect();
    let mark = columns::mark(&of_these, comma_separates)?;
    let labels = chosen.iter().map(|&column| label(&table.names, column)).collect();
    let mut points = collect(labels, |collector| {
        let (mut rows, mut fields) = (table.rows.clone(), vec![]);
        while let Some(line) = rows.next(&mut fields) {
            collector.take(line, table.values(&fields, line, choice, mark)?)?;
        }
        Ok(())
    })?;
    points.taken.commas_separate = commas_separate;
    Ok(points)
}

/// What is known of a text after a first reading.
struct Table<'t> {
    /// The reader, at the first row of data.
    rows: Rows<'t>,
    /// The line of that row.
    first: Option<usize>,
    /// Names of the columns; empty if there is no header.
    names: Vec<String>,
    /// Whether the first row is a title: one field of text above rows of several fields.
    has_title: bool,
    columns: Vec<Column>,
}

impl<'t> Table<'t> {
    fn new(mut rows: Rows<'t>) -> Result<Self, Fault> {
        let (before, mut fields, mut names) = (rows.clone(), vec![], vec![]);
        let mut line = rows.next(&mut fields);
        let has_header = is_header(&fields);
        let mut data = before;
        if has_header {
            names = fields.iter().map(|name| name.chars().take(LONGEST_NAME).collect()).collect();
            data = rows.clone();
            line = rows.next(&mut fields);
        }
        let (first, mut width, mut columns) = (line, fields.len(), Vec::<Column>::new());
        while let Some(of_row) = line {
            if fields.len() > MOST_FIELDS {
                return Err(Fault::row(of_row, format!("has more than {MOST_FIELDS} fields")));
            }
            columns.resize_with(columns.len().max(fields.len()), Column::default);
            columns.iter_mut().zip(&fields).for_each(|(column, field)| column.add(field, of_row));
            line = rows.next(&mut fields);
        }
        let has_title = names.len() == 1 && width > 1;
        if has_title {
            names.clear();
        }
        // R writes no name for the column that names or numbers the rows.
        let is_used = |column: usize| columns.get(column).is_some_and(Column::is_used);
        if names.len() > 1 && width == names.len() + 1 && is_used(names.len()) && columns[0].is_index() {
            names.insert(0, String::new());
        }
        if !names.is_empty() {
            width = names.len();
        }
        while width > 0 && !is_used(width - 1) && names.get(width - 1).is_none_or(String::is_empty) {
            width -= 1;
        }
        columns.resize_with(width, Column::default);
        names.truncate(width);
        Ok(Self { rows: data, first, names, has_title, columns })
    }

    /// Whether rows such as 12,340 without a header are taken as two whole numbers, although each could be one number
    /// with a decimal comma.
    ///
    /// # Errors
    /// If they look like one number with a decimal comma.
    fn commas_may_separate(&self, first: usize) -> Result<bool, Fault> {
        let [x, y] = &self.columns[..] else { return Ok(false) };
        if !(self.names.is_empty() && x.is_whole && y.is_whole) || y.has_sign {
            return Ok(false);
        }
        match (self.has_title || x.is_zero).then_some(first).or(x.signed_zero).or(y.leading_zero) {
            Some(line) => Err(Fault::row(
                line,
                "may be one number with a decimal comma: separate x and y by a semicolon, or name both in a first row",
            )),
            None => Ok(true),
        }
    }

    /// x, y and the weight of a row.
    fn values(
        &self,
        fields: &[Cow<'_, str>],
        line: usize,
        choice: Choice,
        mark: Mark,
    ) -> Result<[Option<f64>; 3], Fault> {
        let (width, used) =
            (self.columns.len(), fields.iter().rposition(|field| !field.is_empty()).map_or(0, |k| k + 1));
        if used > width {
            return Err(match width {
                2 => Fault::not_two_numbers(line),
                _ => Fault::row(line, format!("has {used} fields where there are {width} columns")),
            });
        }
        let read = |column: usize| match fields.get(column) {
            Some(field) if spelling(field) == Spelling::Missing => Some(None),
            Some(field) => value(field, mark).map(Some),
            None => None,
        };
        let [Some(x), Some(y)] = choice.pair.map(read) else { return Err(Fault::not_two_numbers(line)) };
        let weight = choice.weight.map_or(Some(Some(1.0)), read);
        let weight = weight.ok_or_else(|| Fault::row(line, "has a weight that is no number"))?;
        Ok([x, y, weight])
    }
}

/// Whether a first row names the columns: it has text and no number; or, as pandas writes by default, an empty field
/// and then the numbers from 0.
fn is_header(fields: &[Cow<'_, str>]) -> bool {
    let spellings: Vec<Spelling> = fields.iter().map(|field| spelling(field)).collect();
    let has_number = spellings.iter().any(|spelling| matches!(spelling, Spelling::Number { .. }));
    let counts = |names: &[Cow<'_, str>]| names.iter().enumerate().all(|(k, name)| *name == k.to_string());
    match fields {
        [index, names @ ..] if index.is_empty() && names.len() > 1 && counts(names) => true,
        _ => !has_number && spellings.contains(&Spelling::Text),
    }
}

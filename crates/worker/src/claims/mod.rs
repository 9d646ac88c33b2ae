//! What a lesson claims about an exact flow, and whether it is true.
//!
//! A claim compares two expressions by <, > or =, where = means equal in the digits written. An expression has numbers,
//! + − · / (written `+ - * /`), brackets and [quantities](names) such as `change(t=0, epsilon=2)`.

mod expression;
mod line;
mod quantity;
mod situation;

pub use situation::Situation;

use expression::{Expression, Reader};
use situation::Flows;

/// The names of all quantities.
pub fn names() -> impl Iterator<Item = &'static str> {
    quantity::NAMES.into_iter().chain(line::NAMES)
}

/// How two expressions are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Less,
    Greater,
    /// Equal in the digits that the right side is written with.
    Equal,
}

/// A claim, or an expression alone, as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    left: Expression,
    compared: Option<(Relation, Expression)>,
}

impl Claim {
    /// Reads a claim such as `cost(epsilon=2) > 1.5 * cost()`, or an expression alone.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader::new(text);
        let left = reader.expression()?;
        let relation = match reader.relation() {
            Some('<') => Relation::Less,
            Some('>') => Relation::Greater,
            Some(_) => Relation::Equal,
            None => return reader.end().map(|()| Self { left, compared: None }),
        };
        let right = reader.expression()?;
        reader.end()?;
        if relation == Relation::Equal && right.tolerance().is_none() {
            return Err("The right side of = must be a number".into());
        }
        Ok(Self { left, compared: Some((relation, right)) })
    }
}

/// Values of claims about some situations. Each flow is solved for once.
#[derive(Debug, Default)]
pub struct Judge {
    flows: Flows,
}

impl Judge {
    /// The value of the left side in a situation.
    ///
    /// # Errors
    /// A sentence, when a quantity is not defined there.
    pub fn value(&mut self, claim: &Claim, situation: &Situation) -> Result<f64, String> {
        self.evaluate(&claim.left, situation)
    }

    /// Whether a claim is true in a situation.
    ///
    /// # Errors
    /// A sentence, when it compares nothing, or a quantity is not defined there.
    pub fn is_true(&mut self, claim: &Claim, situation: &Situation) -> Result<bool, String> {
        let Some((relation, right)) = &claim.compared else { return Err("It compares nothing".into()) };
        let left = self.evaluate(&claim.left, situation)?;
        let bound = self.evaluate(right, situation)?;
        Ok(match relation {
            Relation::Less => left < bound,
            Relation::Greater => left > bound,
            Relation::Equal => right.tolerance().is_some_and(|tolerance| (left - bound).abs() <= tolerance),
        })
    }

    fn evaluate(&mut self, expression: &Expression, situation: &Situation) -> Result<f64, String> {
        expression.value(&mut |name, arguments| {
            if line::NAMES.contains(&name) {
                return line::value(name, arguments, situation);
            }
            let asked = quantity::Asked::read(name, arguments)?;
            asked.value(&mut self.flows, situation)
        })
    }
}

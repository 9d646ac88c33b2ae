//! Expressions: numbers, the four operations, brackets and named quantities with arguments.

/// Most brackets inside each other.
const DEEPEST: usize = 32;

#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A number, and half a unit of its last digit.
    Number(f64, f64),
    Quantity {
        name: String,
        arguments: Vec<(String, String)>,
    },
    Operation(Box<Expression>, char, Box<Expression>),
}

impl Expression {
    /// Half a unit of the last digit of a number; none of anything else.
    pub fn tolerance(&self) -> Option<f64> {
        if let Self::Number(_, tolerance) = self { Some(*tolerance) } else { None }
    }

    /// The value, with those of its quantities.
    pub fn value(
        &self,
        quantity: &mut impl FnMut(&str, &[(String, String)]) -> Result<f64, String>,
    ) -> Result<f64, String> {
        Ok(match self {
            Self::Number(value, _) => *value,
            Self::Quantity { name, arguments } => quantity(name, arguments)?,
            Self::Operation(left, sign, right) => {
                let (left, right) = (left.value(quantity)?, right.value(quantity)?);
                match sign {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    _ => left / right,
                }
            }
        })
    }
}

/// Reads a text from its start.
pub struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { rest: text, depth: 0 }
    }

    /// Takes the next character if it is one of `signs`.
    fn one_of(&mut self, signs: &str) -> Option<char> {
        self.rest = self.rest.trim_start();
        let found = self.rest.chars().next().filter(|c| signs.contains(*c))?;
        self.rest = &self.rest[found.len_utf8()..];
        Some(found)
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        self.one_of(sign).map(|_| ()).ok_or_else(|| format!("“{sign}” is missing before “{}”", self.rest))
    }

    /// The longest start of the rest whose characters are all `wanted`.
    fn word(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    pub fn relation(&mut self) -> Option<char> {
        self.one_of("<>=")
    }

    pub fn end(&self) -> Result<(), String> {
        let rest = self.rest.trim();
        if rest.is_empty() { Ok(()) } else { Err(format!("“{rest}” is not understood")) }
    }

    /// Terms and the signs between them.
    pub fn expression(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("There are too many brackets".into());
        }
        let mut sum = self.term()?;
        while let Some(sign) = self.one_of("+-") {
            sum = Expression::Operation(Box::new(sum), sign, Box::new(self.term()?));
        }
        self.depth -= 1;
        Ok(sum)
    }

    fn term(&mut self) -> Result<Expression, String> {
        let mut product = self.factor()?;
        while let Some(sign) = self.one_of("*/") {
            product = Expression::Operation(Box::new(product), sign, Box::new(self.factor()?));
        }
        Ok(product)
    }

    fn factor(&mut self) -> Result<Expression, String> {
        if self.one_of("(").is_some() {
            let inside = self.expression()?;
            self.expect(")")?;
            return Ok(inside);
        }
        let sign = if self.one_of("-").is_some() { -1.0 } else { 1.0 };
        let digits = self.word(|c| c.is_ascii_digit() || c == '.');
        if !digits.is_empty() {
            let value: f64 = digits.parse().map_err(|_| format!("“{digits}” is not a number"))?;
            let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            return Ok(Expression::Number(sign * value, 0.5 * 10f64.powi(-(decimals as i32))));
        }
        let name = self.word(|c| c.is_ascii_alphanumeric() || c == '_').to_owned();
        if name.is_empty() || sign < 0.0 {
            return Err(format!("A number or a quantity is missing before “{}”", self.rest));
        }
        self.expect("(")?;
        let mut arguments = vec![];
        while self.one_of(")").is_none() {
            if !arguments.is_empty() {
                self.expect(",")?;
            }
            let argument = self.word(|c| c.is_ascii_alphanumeric() || c == '_').to_owned();
            self.expect("=")?;
            let value = self.word(|c| !",)".contains(c) && !c.is_whitespace()).to_owned();
            arguments.push((argument, value));
        }
        Ok(Expression::Quantity { name, arguments })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<f64, String> {
        let mut reader = Reader::new(text);
        let expression = reader.expression()?;
        reader.end()?;
        expression.value(&mut |name, arguments| {
            let sum: f64 = arguments.iter().map(|(_, value)| value.parse::<f64>().unwrap_or(f64::NAN)).sum();
            if name == "sum" { Ok(sum) } else { Err(format!("no {name}")) }
        })
    }

    #[test]
    fn products_come_before_sums_and_brackets_before_both() {
        assert_eq!(value("1 + 2 * 3 - 8 / 4"), Ok(5.0));
        assert_eq!(value("(1 + 2) * -3"), Ok(-9.0));
        assert_eq!(value("2 * sum(a=1, b=-0.5) - 1"), Ok(0.0));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (text, part) in [("1 +", "missing"), ("1 2", "“2”"), ("f", "“(”"), ("f(1)", "“=”"), ("1..2", "“1..2”")]
        {
            let fault = value(text).expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
        }
        assert!(value(&"(".repeat(100_000)).is_err());
    }
}

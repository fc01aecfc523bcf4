//! Shares and weights: exact fractions written as `50%`, `1/3` or `0.5`.

use super::{Decimal, Exact, InvalidDecimal};

/// Why a text is no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidShare {
    /// A part of it is no number.
    #[error("{0}")]
    Number(#[from] InvalidDecimal),
    /// `1/0`.
    #[error("a fraction's lower number is above 0")]
    Denominator,
    /// `1.5/3`: both numbers of a fraction are whole.
    #[error("both numbers of a fraction are whole, such as `1/3`")]
    NotWhole,
}

/// A share or a weight, exactly: `50%` is one half and `1/3` a third (各三分之一), which `33.30%`
/// three times is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share(Exact);

impl Share {
    /// Reads `50%`, `1/3` or `0.5`.
    pub fn parse(text: &str) -> Result<Self, InvalidShare> {
        if let Some((upper, lower)) = text.split_once('/') {
            let whole = |text: &str| match Decimal::parse(text) {
                Ok(_) if text.contains('.') => Err(InvalidShare::NotWhole),
                Ok(value) => Ok(Exact::from(value)),
                Err(why) => Err(InvalidShare::Number(why)),
            };
            let (upper, lower) = (whole(upper)?, whole(lower)?);
            if !lower.is_positive() {
                return Err(InvalidShare::Denominator);
            }
            return upper.over(&lower).map(Self).map_err(|_| InvalidShare::Denominator);
        }
        if let Some(percent) = text.strip_suffix('%') {
            let value = Exact::from(Decimal::parse(percent)?);
            let share = value.over(&Exact::whole(100));
            return share.map(Self).map_err(|_| InvalidShare::Denominator);
        }
        Ok(Self(Exact::from(Decimal::parse(text)?)))
    }

    /// The exact value.
    pub fn exact(&self) -> &Exact {
        &self.0
    }
}

impl From<Exact> for Share {
    fn from(exact: Exact) -> Self {
        Self(exact)
    }
}

impl std::fmt::Display for Share {
    /// As a percentage where that ends, else as a fraction.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.times(&Exact::whole(100)) {
            Ok(percent) if percent.is_decimal(6) => write!(f, "{}%", percent.exact_text()),
            _ => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_thirds_are_one_and_three_rounded_thirds_are_not() {
        let third = Share::parse("1/3").unwrap();
        assert_eq!(Exact::sum([third.exact(); 3]), Ok(Exact::ONE));
        let rounded = Share::parse("33.30%").unwrap();
        assert_ne!(Exact::sum([rounded.exact(); 3]), Ok(Exact::ONE));
        assert_eq!(Share::parse("50%"), Share::parse("0.5"));
        assert_eq!(Share::parse("50%"), Share::parse("1/2"));
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for text in ["", "%", "1/", "/3", "1/0", "1/-3", "1.5/3", "1/3/4", "50 %", "50%%", "1e2%"] {
            assert!(Share::parse(text).is_err(), "`{text}` was read");
        }
    }

    #[test]
    fn a_share_prints_as_people_write_it() {
        for (text, shown) in [("50%", "50%"), ("0.2", "20%"), ("1/3", "1/3"), ("33.3%", "33.3%")] {
            assert_eq!(Share::parse(text).unwrap().to_string(), shown);
        }
    }
}

//! What a mapping of the document may hold: the tables from which the reader refuses unknown and
//! absent keys, and from which the JSON Schema for editors is made.

/// One mapping of the document.
#[derive(Debug)]
pub(in crate::domain) struct Shape {
    /// Its name in the JSON Schema.
    pub(in crate::domain) name: &'static str,
    /// What it is.
    pub(in crate::domain) about: &'static str,
    /// Its keys.
    pub(in crate::domain) keys: &'static [Key],
    /// Of each of these groups, exactly one key.
    pub(in crate::domain) one_of: &'static [&'static [&'static str]],
    /// Of these, at least one key, where there are any.
    pub(in crate::domain) any_of: &'static [&'static str],
    /// A key that says nothing without the other.
    pub(in crate::domain) together: &'static [(&'static str, &'static str)],
}

/// One key.
#[derive(Debug)]
pub(in crate::domain) struct Key {
    pub(in crate::domain) name: &'static str,
    /// Whether it must be there.
    pub(in crate::domain) needed: bool,
    pub(in crate::domain) form: Form,
    pub(in crate::domain) about: &'static str,
}

/// What a value may be.
#[derive(Debug)]
pub(in crate::domain) enum Form {
    /// Text on one line.
    Title,
    /// A name of something outside the document.
    Name,
    /// `[a-z0-9_][a-z0-9_.-]{0,63}`.
    Id,
    /// A decimal.
    Number,
    /// A number or nothing.
    NumberOrNull,
    /// An id or nothing.
    IdOrNull,
    /// `50%`, `1/3` or `0.5`.
    Share,
    /// A whole number of that range.
    Whole(u32, u32),
    /// `2022-03-05`.
    Day,
    /// `11-30`: a day that every year has.
    MonthDay,
    /// Yuan, to the fen.
    Amount,
    /// `true`.
    Yes,
    /// `24 months`.
    Months,
    /// One of these words.
    Word(fn() -> Vec<&'static str>),
    /// `[least, most]`.
    Pair,
    /// Numbers.
    Numbers,
    /// Pairs of numbers.
    Pairs,
    /// Names.
    Names,
    /// A mapping of names to shares.
    Shares,
    /// A mapping of names to numbers.
    Points,
    /// A mapping of ids to amounts.
    Amounts,
    /// A mapping.
    Map(&'static Shape),
    /// Mappings.
    Maps(&'static Shape),
    /// Each item one of these.
    ListOf(&'static Form),
    /// One of these.
    Either(&'static [Form]),
    /// A line of facts.
    Facts,
}

/// A key that must be there.
pub(in crate::domain) const fn must(name: &'static str, form: Form, about: &'static str) -> Key {
    Key { name, needed: true, form, about }
}

/// A key that may be there.
pub(in crate::domain) const fn may(name: &'static str, form: Form, about: &'static str) -> Key {
    Key { name, needed: false, form, about }
}

/// A mapping with no more conditions than its keys.
pub(in crate::domain) const fn shape(
    name: &'static str,
    about: &'static str,
    keys: &'static [Key],
) -> Shape {
    Shape { name, about, keys, one_of: &[], any_of: &[], together: &[] }
}

//! What stands in a column, and what a statement is given: whole numbers, text, or nothing.

/// What stands in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Cell {
    Null,
    Number(i64),
    Text(String),
}

/// A parameter of a statement.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Param<'a> {
    Null,
    Number(i64),
    /// INVARIANT I-26: an amount that no column holds is an error of its statement, never a smaller number.
    Amount(u64),
    Text(&'a str),
}

/// The parameters of a statement, in the order of their numbers.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::ledger::database::Param::from($value)),*][..] };
}
pub(in super::super) use params;

impl From<i64> for Param<'_> {
    fn from(number: i64) -> Self {
        Param::Number(number)
    }
}

impl From<u64> for Param<'_> {
    fn from(amount: u64) -> Self {
        Param::Amount(amount)
    }
}

impl From<bool> for Param<'_> {
    fn from(truth: bool) -> Self {
        Param::Number(i64::from(truth))
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(text: &'a str) -> Self {
        Param::Text(text)
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(text: &'a String) -> Self {
        Param::Text(text)
    }
}

impl<'a> From<&'a Option<String>> for Param<'a> {
    fn from(text: &'a Option<String>) -> Self {
        text.as_deref().map_or(Param::Null, Param::Text)
    }
}

impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Param::Null, Into::into)
    }
}

/// What a column can be read as.
pub(in super::super) trait FromCell: Sized {
    /// What it is called in an error.
    const NAME: &'static str;

    /// `None` where it holds something else.
    fn from_cell(cell: &Cell) -> Option<Self>;
}

impl FromCell for i64 {
    const NAME: &'static str = "a whole number";

    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Number(number) => Some(*number),
            Cell::Null | Cell::Text(_) => None,
        }
    }
}

impl FromCell for u64 {
    const NAME: &'static str = "an amount";

    fn from_cell(cell: &Cell) -> Option<Self> {
        u64::try_from(i64::from_cell(cell)?).ok()
    }
}

impl FromCell for bool {
    const NAME: &'static str = "0 or 1";

    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Number(0) => Some(false),
            Cell::Number(1) => Some(true),
            Cell::Null | Cell::Number(_) | Cell::Text(_) => None,
        }
    }
}

impl FromCell for String {
    const NAME: &'static str = "text";

    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Text(text) => Some(text.clone()),
            Cell::Null | Cell::Number(_) => None,
        }
    }
}

impl<T: FromCell> FromCell for Option<T> {
    const NAME: &'static str = T::NAME;

    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            Cell::Number(_) | Cell::Text(_) => T::from_cell(cell).map(Some),
        }
    }
}

//! What can be asked of a value, and the cases that the answers tell apart.

use std::collections::BTreeSet;

use crate::cost::Money;
use crate::program::{EnumId, Expr, Literal, Operator, Program, Test, Ty};

/// A question about one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Whether it is true: of a `Bool`, or of a condition that is not looked into.
    Yes,
    /// Whether it is this variant.
    Variant(EnumId, u32),
    /// Whether it is absent.
    Null,
    /// Whether it is a text or list without content.
    Empty,
    /// Whether it is this text.
    Same(String),
    /// Whether it is less than this number.
    Below(Number),
}

/// A number of one of the three kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Int(i64),
    Score(u8),
    Usd(Money),
}

impl Number {
    pub(super) fn of(literal: &Literal) -> Option<Number> {
        match literal {
            Literal::Int(number) => Some(Number::Int(*number)),
            Literal::Score(number) => Some(Number::Score(*number)),
            Literal::Usd(number) => Some(Number::Usd(*number)),
            Literal::Null | Literal::Bool(_) | Literal::Text(_) => None,
        }
    }

    /// The next one; `None` where there is none, so that everything is below it.
    pub(super) fn next(self) -> Option<Number> {
        Some(match self {
            Number::Int(number) => Number::Int(number.checked_add(1)?),
            Number::Score(number) => Number::Score(number.checked_add(1)?),
            Number::Usd(number) => Number::Usd(number.checked_add(Money::from_nanos(1))?),
        })
    }

    fn value(self) -> i128 {
        match self {
            Number::Int(number) => i128::from(number),
            Number::Score(number) => i128::from(number),
            Number::Usd(number) => i128::from(number.nanos()),
        }
    }

    fn literal(self) -> Literal {
        match self {
            Number::Int(number) => Literal::Int(number),
            Number::Score(number) => Literal::Score(number),
            Number::Usd(number) => Literal::Usd(number),
        }
    }
}

impl Ask {
    /// The question as a condition on a subject.
    pub(super) fn of(&self, subject: Expr) -> Expr {
        let is = |subject: Expr, test| Expr::Is(Box::new(subject), test);
        match self {
            Ask::Yes => subject,
            Ask::Variant(id, index) => is(subject, Test::Variant(*id, *index)),
            Ask::Null => is(subject, Test::Literal(Literal::Null)),
            Ask::Empty => is(subject, Test::Empty),
            Ask::Same(text) => is(subject, Test::Literal(Literal::Text(text.clone()))),
            Ask::Below(number) => {
                Expr::Binary(Operator::Less, Box::new(subject), Box::new(Expr::Literal(number.literal())))
            }
        }
    }
}

impl Ask {
    /// What a literal answers.
    pub(super) fn of_literal(&self, literal: &Literal) -> bool {
        let sample = match literal {
            Literal::Null => Sample::Null,
            Literal::Bool(truth) => Sample::Truth(*truth),
            Literal::Text(text) => Sample::Text(text.clone()),
            Literal::Int(_) | Literal::Score(_) | Literal::Usd(_) => {
                Number::of(literal).map_or(Sample::Other, |number| Sample::Number(number.value()))
            }
        };
        sample.answers(self)
    }

    /// What a variant, a record or a list that is written out answers.
    pub(super) fn of_written(&self, expr: &Expr) -> Option<bool> {
        match (expr, self) {
            (_, Ask::Null) => Some(false),
            (Expr::Variant(_, index, _), Ask::Variant(_, asked)) => Some(index == asked),
            (Expr::List(all), Ask::Empty) => Some(all.is_empty()),
            _ => None,
        }
    }
}

/// A value that stands for a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sample {
    Null,
    Variant(u32),
    Number(i128),
    Text(String),
    Other,
    Truth(bool),
}

impl Sample {
    /// What it answers.
    pub(super) fn answers(&self, ask: &Ask) -> bool {
        match (self, ask) {
            (Sample::Truth(truth), Ask::Yes) => *truth,
            (Sample::Null, Ask::Null) => true,
            (Sample::Variant(at), Ask::Variant(_, index)) => at == index,
            (Sample::Number(number), Ask::Below(limit)) => *number < limit.value(),
            (Sample::Text(text), Ask::Same(other)) => text == other,
            (Sample::Text(text), Ask::Empty) => text.trim().is_empty(),
            _ => false,
        }
    }
}

/// The cases of a value: one that stands for each of them.
pub(super) fn cells(program: &Program, asks: &[Ask], ty: Option<&Ty>) -> Vec<Sample> {
    let inside = if let Some(Ty::Optional(inside)) = ty { Some(&**inside) } else { ty };
    let mut samples = Vec::new();
    let mut variants: BTreeSet<u32> = BTreeSet::new();
    let (mut enumeration, mut numbers, mut texts) = (None, BTreeSet::new(), BTreeSet::new());
    let (mut is_other, mut is_text) = (true, false);
    for ask in asks {
        match ask {
            Ask::Yes => {
                samples.extend([Sample::Truth(false), Sample::Truth(true)]);
                is_other = false;
            }
            Ask::Variant(id, index) => {
                enumeration = Some(*id);
                variants.insert(*index);
                is_other = false;
            }
            Ask::Null => samples.push(Sample::Null),
            Ask::Empty => is_text = true,
            Ask::Same(text) => {
                texts.insert(text.clone());
                is_text = true;
            }
            Ask::Below(number) => {
                numbers.insert(number.value());
                is_other = false;
            }
        }
    }
    if let Some(id) = enumeration {
        let all = program.types.enums.get(id.index()).map_or(0, |of| of.variants.len());
        // The variants that nothing asks for are one case.
        let unasked = (0..u32::try_from(all).unwrap_or(u32::MAX)).find(|index| !variants.contains(index));
        samples.extend(variants.into_iter().chain(unasked).map(Sample::Variant));
    }
    let is_never_empty = matches!(inside, Some(Ty::List { low, .. }) if *low > 0);
    if is_text && !is_never_empty {
        texts.insert(String::new());
    }
    samples.extend(texts.into_iter().map(Sample::Text));
    if let Some((least, most)) = range(inside, asks).filter(|_| !numbers.is_empty()) {
        samples.push(Sample::Number(least));
        samples.extend(numbers.into_iter().filter(|number| *number > least && *number <= most).map(Sample::Number));
    }
    if is_other {
        samples.push(Sample::Other);
    }
    samples
}

/// What numbers there are of a type; of one that is not known, all of the kind that is asked for.
fn range(ty: Option<&Ty>, asks: &[Ask]) -> Option<(i128, i128)> {
    if let Some(Ty::Int { low, high }) = ty {
        return Some((i128::from(*low), i128::from(*high)));
    }
    if let Some(Ty::Usd { most }) = ty {
        return Some((0, i128::from(most.nanos())));
    }
    asks.iter().find_map(|ask| match ask {
        Ask::Below(Number::Int(_)) => Some((i128::from(i64::MIN), i128::from(i64::MAX))),
        Ask::Below(Number::Score(_)) => Some((0, 100)),
        Ask::Below(Number::Usd(_)) => Some((0, i128::from(u64::MAX))),
        Ask::Yes | Ask::Variant(..) | Ask::Null | Ask::Empty | Ask::Same(_) => None,
    })
}

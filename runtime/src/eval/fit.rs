//! What is left of a list that has to fit. In: its elements, the field that decides, and whether a choice of them fits. Out: the
//! elements that stay, in their order.

use flow_compiler::program::Fit;

use super::{Evaluator, operator};
use crate::failure::Failure;
use crate::value::{Value, shown};

/// The positions of the elements that stay. Those with the least of the field go first, the later ones first among equals;
/// no more of them go than must.
pub(crate) fn kept(
    items: &[Value],
    fit: &Fit,
    on: &Evaluator<'_>,
    fits: &dyn Fn(&[usize]) -> bool,
) -> Result<Vec<usize>, Failure> {
    let ranks: Vec<Value> = items.iter().map(|item| on.field(item, &fit.by)).collect::<Result<_, _>>()?;
    let mut leaving: Vec<usize> = (0..items.len()).collect();
    for pair in ranks.windows(2) {
        operator::order(&pair[0], &pair[1])?;
    }
    leaving.sort_by(|a, b| {
        let order = operator::order(&ranks[*a], &ranks[*b]).unwrap_or(std::cmp::Ordering::Equal);
        order.then(b.cmp(a))
    });
    let without = |gone: usize| {
        let mut rest = leaving[gone.min(leaving.len())..].to_vec();
        rest.sort_unstable();
        rest
    };
    // INVARIANT: what is left after `enough` fits; nothing at all does.
    let (mut too_few, mut enough) = (0, items.len());
    if fits(&without(0)) {
        return Ok(without(0));
    }
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if fits(&without(middle)) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Ok(without(enough))
}

/// A list without what does not fit, and how many elements that is.
pub(crate) fn list(items: &[Value], fit: &Fit, on: &Evaluator<'_>) -> Result<(Value, u64), Failure> {
    let chosen = |stay: &[usize]| Value::list(stay.iter().filter_map(|at| items.get(*at).cloned()).collect());
    let stay = kept(items, fit, on, &|stay| on.sizer.excess(&shown(&chosen(stay), on.types), &fit.size).is_none())?;
    Ok((chosen(&stay), (items.len() - stay.len()) as u64))
}

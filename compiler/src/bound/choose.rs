//! `if` and `match`: the condition is a value made before, so a choice takes what its dearest arm takes.

use super::exits::Exits;
use super::tree::{Bounded, Skippable, What};
use super::{Bounder, Scope, Unbounded};
use crate::cost::Resources;
use crate::program::Arm;

/// The bound of a choice.
pub(super) fn bound<'p>(bounder: &mut Bounder<'p>, scope: Scope, arms: &'p [Arm]) -> Result<Bounded<'p>, Unbounded> {
    let bounded = arms.iter().map(|arm| bounder.body(scope, &arm.body)).collect::<Result<Vec<_>, _>>()?;
    let mut exits = bounded.iter().fold(Exits::NONE, |exits, arm| exits.either(&arm.exits));
    let skippable = if arms.iter().any(|arm| arm.when.is_none()) { Skippable::No } else { Skippable::Yes };
    if skippable == Skippable::Yes {
        exits = exits.either(&Exits::falls(Resources::ZERO));
    }
    Ok(Bounded { exits, what: What::Choose(bounded, skippable) })
}

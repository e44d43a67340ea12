//! A flow as choices and what they take.

use crate::cost::Resources;

/// What happens, with the share in which it does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Model {
    /// Always the same.
    Point(Resources),
    /// One after the other.
    Then(Vec<Model>),
    /// Side by side, independent of each other.
    Beside(Vec<Model>),
    /// Each starts when those that it needs have ended; needs are indexes of earlier ones.
    Dag(Vec<(Vec<usize>, Model)>),
    /// One of these, by their shares.
    Mix(Vec<(f64, Model)>),
    /// So often, so many at once.
    Rounds {
        /// The share of each number.
        counts: Vec<(f64, u64)>,
        /// How many at once.
        parallel: u64,
        /// What.
        body: Box<Model>,
    },
}

impl Model {
    /// Nothing.
    pub(super) const NONE: Model = Model::Point(Resources::ZERO);

    /// Whether it takes nothing at all.
    pub(super) fn is_nothing(&self) -> bool {
        *self == Model::NONE
    }

    /// The most that it takes, to choose the dearest of several.
    pub(super) fn most(&self) -> Resources {
        match self {
            Model::Point(point) => *point,
            Model::Then(all) => all.iter().fold(Resources::ZERO, |sum, one| then(&sum, &one.most())),
            Model::Dag(all) => all.iter().fold(Resources::ZERO, |sum, (_, one)| then(&sum, &one.most())),
            Model::Beside(all) => all.iter().fold(Resources::ZERO, |sum, one| beside(&sum, &one.most())),
            Model::Mix(all) => {
                all.iter().map(|(_, one)| one.most()).fold(Resources::ZERO, |most, one| most.either(&one))
            }
            Model::Rounds { counts, parallel, body } => {
                let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
                body.most().repeat(most, most.div_ceil((*parallel).max(1))).unwrap_or_else(|| body.most())
            }
        }
    }
}

/// One after the other. What does not fit stays at the greater of the two: a profile is no proof.
pub(super) fn then(a: &Resources, b: &Resources) -> Resources {
    a.then(b).unwrap_or_else(|| a.either(b))
}

/// Side by side.
pub(super) fn beside(a: &Resources, b: &Resources) -> Resources {
    a.beside(b).unwrap_or_else(|| a.either(b))
}

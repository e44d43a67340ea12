//! Where something runs, exactly: the keys by which each construct knows the one inside of it. Two elements of a list have the
//! same path for a person, and different addresses.

use std::sync::Arc;

/// The way from a run to something that runs in it. Cheap to copy: what is around is shared.
#[derive(Clone, Debug, Default)]
pub struct Address(Option<Arc<Link>>);

#[derive(Debug)]
struct Link {
    around: Address,
    key: u64,
}

impl Address {
    /// Of what is directly inside.
    #[must_use]
    pub fn inside(&self, key: u64) -> Address {
        Address(Some(Arc::new(Link { around: self.clone(), key })))
    }

    /// Its keys, the outermost first.
    #[must_use]
    pub fn keys(&self) -> Vec<u64> {
        let mut keys = Vec::new();
        let mut at = self;
        while let Some(link) = &at.0 {
            keys.push(link.key);
            at = &link.around;
        }
        keys.reverse();
        keys
    }
}

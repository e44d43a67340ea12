//! What runs do, on the real executor and virtual time. Every run here is also held to what is always true: spent within the
//! bound, every hold settled once, replay = run.

mod adversary;
mod control;
mod faults;
mod ladders;
mod limits;
mod resume;
mod steps;
mod tools;

use crate::ledger::{Entry, Held, Settlement};
use crate::testing::Played;

impl Played {
    /// The holds and their settlements, in the order of the holds.
    fn attempts(&self) -> Vec<(Held, Settlement)> {
        let holds =
            self.entries.iter().filter_map(|entry| if let Entry::Hold(held) = entry { Some(held) } else { None });
        let settled = |held: &Held| {
            let all = self.entries.iter();
            let mut all = all.filter_map(|entry| if let Entry::Settle(settled) = entry { Some(settled) } else { None });
            let settlement = all.find(|settled| settled.attempt == held.attempt);
            settlement.expect("a settlement").as_ref().clone()
        };
        holds.map(|held| (held.as_ref().clone(), settled(held))).collect()
    }

    /// The causes of the attempts, by model.
    fn causes(&self) -> Vec<(String, String)> {
        let cause = |held: &Held| serde_json::to_value(held.cause).unwrap().as_str().unwrap().to_owned();
        let all = self.attempts();
        all.iter().map(|(held, _)| (held.model.clone().unwrap_or_default(), cause(held))).collect()
    }

    /// What one request said, message by message.
    fn said(&self, request: usize) -> Vec<String> {
        self.asked[request].messages.iter().map(crate::provider::Message::text).collect()
    }
}

/// Pairs of texts from string slices.
fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

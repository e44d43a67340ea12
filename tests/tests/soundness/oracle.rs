//! An evaluator that knows none of the rules of the bound: it runs a small program step by step, every choice that a model, a
//! tool, a network or an input could make is `choose(k)`, and all sequences of choices are tried. The largest number it finds in
//! each dimension is what the bound has to be.
//!
//! In these programs one token is one byte. Texts and lists are as long as they may be, attempts take all of their time and report
//! all of their tokens: less of either never makes more of anything, but where an element may leave the flow: there few are tried too. Values of few cases are chosen when they are first looked at.

#![expect(clippy::wildcard_enum_match_arm, reason = "small programs have few of the types and ends that there are")]

mod machine;
mod size;
mod step;
mod value;

use flow_compiler::cost::{Dimension, Resources};
use flow_compiler::plan::Plan;

use machine::Machine;

/// A sequence of choices, and the numbers of ways that there were.
#[derive(Default)]
struct Script {
    chosen: Vec<usize>,
    ways: Vec<usize>,
    at: usize,
}

impl Script {
    fn choose(&mut self, ways: usize) -> usize {
        if self.at == self.chosen.len() {
            self.chosen.push(0);
            self.ways.push(ways);
        }
        self.at += 1;
        self.chosen[self.at - 1]
    }

    /// The next sequence, in order; `false` after the last.
    fn advance(&mut self) -> bool {
        self.at = 0;
        while let (Some(last), Some(ways)) = (self.chosen.pop(), self.ways.pop()) {
            if last + 1 < ways {
                self.chosen.push(last + 1);
                self.ways.push(ways);
                return true;
            }
        }
        false
    }
}

/// The largest number in each dimension over all runs of `main`, and how many there are; `None` where there are more than `most`.
pub(super) fn largest(plan: &Plan, most: u64) -> Option<([u64; 8], u64)> {
    let flow = super::run::main_flow(plan);
    let mut script = Script::default();
    let mut largest = [0u64; 8];
    for tried in 1..=most {
        let mut machine = Machine::new(plan, script);
        let time_ms = machine.flow(flow);
        let spent = Resources { time_ms, ..machine.spent };
        for (largest, dimension) in largest.iter_mut().zip(Dimension::ALL) {
            *largest = (*largest).max(spent.get(dimension));
        }
        script = machine.script;
        if !script.advance() {
            return Some((largest, tried));
        }
    }
    None
}

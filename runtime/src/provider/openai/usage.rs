//! What a provider says it used. In: its usage objects, in the order they came. Out: disjoint buckets, or nothing.
//!
//! Streams may report more than once, and reports are cumulative, so the last number of each kind counts and nothing is added
//! up over reports. A kind that was never reported is missing, which is not zero: without both input and output there is no
//! usage, and the whole reservation is settled.

use flow_compiler::cost::Usage;
use serde_json::Value;

/// The last number of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reported {
    input: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    reasoning: Option<u64>,
}

impl Reported {
    /// What the `usage` of a body that was read to its end says, if it has one.
    pub(super) fn of_body(body: &Value) -> Reported {
        let mut reported = Reported::default();
        body.get("usage").into_iter().for_each(|usage| reported.take(usage));
        reported
    }

    /// Takes a usage object. What is not a whole number is as if it were not there.
    pub(super) fn take(&mut self, usage: &Value) {
        let number = |path: &str| usage.pointer(path).and_then(Value::as_u64);
        let first = |paths: &[&str]| paths.iter().find_map(|path| number(path));
        let update = |kind: &mut Option<u64>, paths: &[&str]| *kind = first(paths).or(*kind);
        update(&mut self.input, &["/prompt_tokens"]);
        update(&mut self.output, &["/completion_tokens"]);
        update(&mut self.total, &["/total_tokens"]);
        update(&mut self.cache_read, &["/prompt_tokens_details/cached_tokens", "/prompt_cache_hit_tokens"]);
        update(&mut self.cache_write, &["/prompt_tokens_details/cache_write_tokens"]);
        update(&mut self.reasoning, &["/completion_tokens_details/reasoning_tokens"]);
    }

    /// The usage of a generation.
    pub(super) fn generation(&self) -> Option<Usage> {
        self.disjoint(self.output?)
    }

    /// The usage of an embedding, which has no output to report.
    pub(super) fn embedding(&self) -> Option<Usage> {
        self.disjoint(self.output.unwrap_or(0))
    }

    /// Splits the numbers into buckets that share no token. OpenAI counts cached input inside input and thinking inside output;
    /// others count them beside. A part that is larger than its whole can only stand beside it, and so can thinking that the
    /// total has room for: whatever is unclear is read in the way that costs more.
    fn disjoint(&self, output: u64) -> Option<Usage> {
        let input = self.input?;
        let cache_read = self.cache_read.unwrap_or(0);
        let cache_write = self.cache_write.unwrap_or(0);
        let input_fresh = input.checked_sub(cache_read.saturating_add(cache_write)).unwrap_or(input);
        let reasoning = self.reasoning.unwrap_or(0);
        let beyond = self.total.map_or(0, |total| total.saturating_sub(input).saturating_sub(output));
        let (output_text, output_reasoning) = match output.checked_sub(reasoning) {
            Some(text) if beyond == 0 => (text, reasoning),
            Some(_) | None => (output, reasoning.max(beyond)),
        };
        Some(Usage { input_fresh, cache_read, cache_write, output_text, output_reasoning })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(reports: &[Value]) -> Option<Usage> {
        let mut reported = Reported::default();
        reports.iter().for_each(|usage| reported.take(usage));
        reported.generation()
    }

    fn buckets(input_fresh: u64, cache_read: u64, output_text: u64, output_reasoning: u64) -> Option<Usage> {
        Some(Usage { input_fresh, cache_read, cache_write: 0, output_text, output_reasoning })
    }

    #[test]
    fn cached_input_and_thinking_are_inside() {
        let usage = json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
            "prompt_tokens_details": {"cached_tokens": 80}, "completion_tokens_details": {"reasoning_tokens": 30}});
        assert_eq!(read(&[usage]), buckets(20, 80, 20, 30));
    }

    #[test]
    fn the_last_report_of_each_kind_counts() {
        let first = json!({"prompt_tokens": 10, "completion_tokens": 1});
        let second = json!({"completion_tokens": 5});
        assert_eq!(read(&[first.clone(), second, Value::Null]), buckets(10, 0, 5, 0));
        assert_eq!(read(&[first.clone(), first]), buckets(10, 0, 1, 0));
    }

    #[test]
    fn zero_is_a_statement_and_absence_is_none() {
        assert_eq!(read(&[json!({"prompt_tokens": 0, "completion_tokens": 0})]), buckets(0, 0, 0, 0));
        assert_eq!(read(&[json!({"prompt_tokens": 7})]), None);
        assert_eq!(read(&[json!({"completion_tokens": 7})]), None);
        assert_eq!(read(&[json!({"prompt_tokens": -1, "completion_tokens": 1.5})]), None);
        assert_eq!(read(&[Value::Null]), None);
    }

    #[test]
    fn thinking_that_is_counted_beside_the_answer_is_paid() {
        let beside = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115,
            "completion_tokens_details": {"reasoning_tokens": 100}});
        assert_eq!(read(&[beside]), buckets(10, 0, 5, 100));
        let unsaid = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115});
        assert_eq!(read(&[unsaid]), buckets(10, 0, 5, 100));
        let within = json!({"prompt_tokens": 10, "completion_tokens": 9, "total_tokens": 115,
            "completion_tokens_details": {"reasoning_tokens": 4}});
        assert_eq!(read(&[within]), buckets(10, 0, 9, 96));
    }

    #[test]
    fn a_part_that_is_larger_than_its_whole_stands_beside_it() {
        let usage = json!({"prompt_tokens": 5, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 80}});
        assert_eq!(read(&[usage]), buckets(5, 80, 5, 0));
    }

    #[test]
    fn the_largest_numbers_do_not_wrap() {
        let max = u64::MAX;
        let usage = json!({"prompt_tokens": max, "completion_tokens": max, "total_tokens": max,
            "prompt_tokens_details": {"cached_tokens": max, "cache_write_tokens": max},
            "completion_tokens_details": {"reasoning_tokens": max}});
        assert_eq!(read(&[usage]).map(|usage| (usage.input(), usage.output())), Some((max, max)));
    }
}

//! What Anthropic's Messages say of use. In: usage objects, in the order they came. Out: disjoint buckets, or nothing.
//!
//! The buckets are disjoint on the wire already: input is what was neither read from a cache nor written to one. Reports are
//! cumulative and the last number of each kind counts. What the beginning of a stream says of output is no end of it, so output
//! is taken from where the answer ends; before that nothing is known. A request that was served in several passes lists them,
//! and the list counts where it says more.

use flow_compiler::cost::Usage;
use serde_json::Value;

/// The last number of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reported {
    input: Option<u64>,
    output: Option<u64>,
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

    /// Takes the usage at the beginning of a stream: what was read.
    pub(super) fn begin(&mut self, usage: &Value) {
        self.take(usage);
        (self.output, self.reasoning) = (None, None);
    }

    /// Takes a usage object. What is not a whole number is as if it were not there.
    pub(super) fn take(&mut self, usage: &Value) {
        let passes = usage.get("iterations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let passes = |path: &str| {
            let each = passes.iter().filter_map(|pass| pass.pointer(path)?.as_u64());
            each.reduce(u64::saturating_add)
        };
        let number = |path: &str| usage.pointer(path).and_then(Value::as_u64).max(passes(path));
        let written = || {
            let each = ["ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"];
            let each = each.into_iter().filter_map(|kind| number(&format!("/cache_creation/{kind}")));
            each.reduce(u64::saturating_add).max(number("/cache_creation_input_tokens"))
        };
        self.input = number("/input_tokens").or(self.input);
        self.output = number("/output_tokens").or(self.output);
        self.cache_read = number("/cache_read_input_tokens").or(self.cache_read);
        self.cache_write = written().or(self.cache_write);
        self.reasoning = number("/output_tokens_details/thinking_tokens").or(self.reasoning);
    }

    /// The usage of a generation. Thinking is inside output; more of it than output can only stand beside it.
    pub(super) fn generation(&self) -> Option<Usage> {
        let (input_fresh, output) = (self.input?, self.output?);
        let reasoning = self.reasoning.unwrap_or(0);
        let output_text = output.checked_sub(reasoning).unwrap_or(output);
        Some(Usage {
            input_fresh,
            cache_read: self.cache_read.unwrap_or(0),
            cache_write: self.cache_write.unwrap_or(0),
            output_text,
            output_reasoning: reasoning,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(begin: Value, then: &[Value]) -> Option<Usage> {
        let mut reported = Reported::default();
        reported.begin(&begin);
        then.iter().for_each(|usage| reported.take(usage));
        reported.generation()
    }

    fn buckets(input_fresh: u64, cache_read: u64, cache_write: u64, output_text: u64) -> Option<Usage> {
        Some(Usage { input_fresh, cache_read, cache_write, output_text, output_reasoning: 0 })
    }

    #[test]
    fn buckets_are_disjoint_and_the_last_report_counts() {
        let begin = json!({"input_tokens": 25, "cache_read_input_tokens": 7, "output_tokens": 1,
            "cache_creation_input_tokens": 5, "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 3}});
        assert_eq!(read(begin.clone(), &[json!({"output_tokens": 15})]), buckets(25, 7, 5, 15));
        let later = json!({"input_tokens": 472, "output_tokens": 89, "cache_read_input_tokens": 0});
        assert_eq!(read(begin, &[json!({"output_tokens": 15}), later]), buckets(472, 0, 5, 89));
    }

    #[test]
    fn what_the_beginning_says_of_output_is_no_report() {
        let begin = json!({"input_tokens": 25, "output_tokens": 1});
        assert_eq!(read(begin.clone(), &[]), None);
        assert_eq!(read(begin, &[Value::Null]), None);
    }

    #[test]
    fn zero_is_a_statement_and_absence_is_none() {
        let zero = json!({"input_tokens": 0, "output_tokens": 0});
        assert_eq!(read(zero.clone(), std::slice::from_ref(&zero)), buckets(0, 0, 0, 0));
        assert_eq!(read(json!({}), &[json!({"output_tokens": 3})]), None);
        assert_eq!(read(json!({"input_tokens": -1}), &[zero]), buckets(0, 0, 0, 0));
        let null = json!({"input_tokens": 3, "cache_read_input_tokens": null, "cache_creation": null});
        assert_eq!(read(null, &[json!({"output_tokens": 3})]), buckets(3, 0, 0, 3));
    }

    #[test]
    fn written_input_is_the_larger_of_its_sum_and_its_parts() {
        let parts = json!({"input_tokens": 1, "cache_creation_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 3}});
        assert_eq!(read(parts, &[json!({"output_tokens": 1})]), buckets(1, 0, 5, 1));
    }

    #[test]
    fn thinking_is_inside_and_every_pass_is_paid() {
        let ended = json!({"output_tokens": 50, "output_tokens_details": {"thinking_tokens": 30}});
        let usage = read(json!({"input_tokens": 1}), &[ended]).expect("usage");
        assert_eq!((usage.output_text, usage.output_reasoning), (20, 30));
        let passes = json!({"input_tokens": 10, "output_tokens": 5, "iterations": [
            {"input_tokens": 10, "output_tokens": 5}, {"input_tokens": 20, "output_tokens": 8}]});
        assert_eq!(read(json!({}), &[passes]), buckets(30, 0, 0, 13));
    }

    #[test]
    fn the_largest_numbers_do_not_wrap() {
        let max = u64::MAX;
        let usage = json!({"input_tokens": max, "output_tokens": max, "cache_read_input_tokens": max,
            "cache_creation": {"ephemeral_5m_input_tokens": max, "ephemeral_1h_input_tokens": max}});
        assert_eq!(read(json!({}), &[usage]).map(|usage| (usage.input(), usage.output())), Some((max, max)));
    }
}

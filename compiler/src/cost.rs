//! The one cost model. The checker bounds with it, the ledger settles with it, so a bound and a bill compare to the last digit.
//!
//! Units: amounts are whole nano-dollars, rates whole pico-dollars per token, time whole milliseconds. An attempt is priced
//! in `u128` pico-dollars and rounded up once. There is no floating-point number here, and no arithmetic that can wrap.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::mutant::{Mutant, rule};

/// The longest time that can be written as a cap or in a budget: 30 days, in milliseconds.
pub const LONGEST_MS: u64 = 30 * 86_400_000;

/// An amount of money in nano-dollars: $1 is 1,000,000,000. The largest is about $18.4 billion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(u64);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);
    /// The largest amount that can be written down.
    pub const MAX: Money = Money(u64::MAX);

    /// An amount from whole nano-dollars.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Money(nanos)
    }

    /// This amount in nano-dollars.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// The sum, or `None` where it does not fit.
    #[must_use]
    pub fn checked_add(self, other: Money) -> Option<Money> {
        self.0.checked_add(other.0).map(Money)
    }

    /// The product, or `None` where it does not fit.
    #[must_use]
    pub fn checked_mul(self, times: u64) -> Option<Money> {
        self.0.checked_mul(times).map(Money)
    }

    /// What is left after `other`, never below zero.
    #[must_use]
    pub fn saturating_sub(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0))
    }

    /// Dollars with nine digits, as every machine-readable output writes money: `0.004120000`.
    #[must_use]
    pub fn exact(self) -> String {
        format!("{}.{:09}", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }

    /// For people: four significant digits, rounded up, at least two decimals: `$0.1807`, `$12.00`.
    /// A ceiling that is shown must never look smaller than it is.
    #[must_use]
    pub fn rounded_up(self) -> String {
        self.rounded(true)
    }

    /// For people: four significant digits, rounded half up. Use it for what was measured, never for a ceiling.
    #[must_use]
    pub fn rounded_near(self) -> String {
        self.rounded(false)
    }

    /// As an author writes it: every digit and no zeros that say nothing, at least two decimals: `$0.000557999`, `$12.00`.
    #[must_use]
    pub fn written(self) -> String {
        let mut text = self.exact();
        while text.ends_with('0') && text.split_once('.').is_some_and(|(_, decimals)| decimals.len() > 2) {
            text.pop();
        }
        format!("${text}")
    }

    fn rounded(self, up: bool) -> String {
        let digits = self.0.checked_ilog10().map_or(1, |log| log + 1);
        // Keep four significant digits, but never fewer than two decimals of a dollar and never more digits than there are.
        let drop = digits.saturating_sub(4).min(7);
        let unit = 10u128.pow(drop);
        let lift = if up { unit - 1 } else { unit / 2 };
        let nanos = (u128::from(self.0) + lift) / unit * unit;
        let (dollars, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
        let mut decimals = format!("{rest:09}");
        while decimals.len() > 2 && decimals.ends_with('0') {
            decimals.pop();
        }
        format!("${dollars}.{decimals}")
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rounded_up())
    }
}

/// Why a decimal number of dollars was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountError {
    /// Not digits with at most one point.
    NotANumber,
    /// More decimals than the unit can hold.
    TooPrecise,
    /// Larger than the unit can hold.
    TooLarge,
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AmountError::NotANumber => "not a decimal number",
            AmountError::TooPrecise => "more decimals than can be counted",
            AmountError::TooLarge => "too large",
        })
    }
}

impl std::error::Error for AmountError {}

/// Reads `12.5` as 12.5 × 10^decimals, exactly, or says why not. `_` may separate digits.
fn parse_decimal(text: &str, decimals: u32) -> Result<u64, AmountError> {
    let text = text.strip_prefix('$').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let clean = |part: &str| part.replace('_', "");
    let (whole, fraction) = (clean(whole), clean(fraction));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(&whole) || !digits(&fraction) || text.ends_with('.') {
        return Err(AmountError::NotANumber);
    }
    let fraction = fraction.trim_end_matches('0');
    let places = u32::try_from(fraction.len()).map_err(|_| AmountError::TooPrecise)?;
    let missing = decimals.checked_sub(places).ok_or(AmountError::TooPrecise)?;
    let joined = format!("{whole}{fraction}");
    let number: u64 = joined.parse().map_err(|_| AmountError::TooLarge)?;
    10u64.checked_pow(missing).and_then(|scale| number.checked_mul(scale)).ok_or(AmountError::TooLarge)
}

impl FromStr for Money {
    type Err = AmountError;

    /// Reads dollars: `0.02`, `$0.02`, `1_000`. At most nine decimals.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        parse_decimal(text, 9).map(Money)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.exact())
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A price per token in pico-dollars: $1 per million tokens is 1,000,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(u64);

impl Rate {
    /// Free. It must be written as a price of `0`; a missing price is never free.
    pub const FREE: Rate = Rate(0);

    /// A rate from whole pico-dollars per token.
    #[must_use]
    pub const fn from_picos_per_token(picos: u64) -> Self {
        Rate(picos)
    }

    /// Reads dollars per million tokens, as price lists write them: `0.15`. At most six decimals.
    ///
    /// # Errors
    /// Where the text is no decimal number or has more digits than a rate holds.
    pub fn per_million(text: &str) -> Result<Self, AmountError> {
        parse_decimal(text, 6).map(Rate)
    }

    /// This rate in pico-dollars per token.
    #[must_use]
    pub const fn picos_per_token(self) -> u64 {
        self.0
    }

    fn times(self, tokens: u64) -> u128 {
        // u64 × u64 always fits in u128.
        u128::from(self.0) * u128::from(tokens)
    }
}

/// What one request used, in disjoint buckets: no token is in two of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Input tokens read fresh, at the full price.
    pub input_fresh: u64,
    /// Input tokens that the provider's prompt cache served.
    #[serde(default)]
    pub cache_read: u64,
    /// Input tokens that were written to the provider's prompt cache.
    #[serde(default)]
    pub cache_write: u64,
    /// Output tokens of the answer.
    pub output_text: u64,
    /// Output tokens of thinking; billed as output.
    #[serde(default)]
    pub output_reasoning: u64,
}

impl Usage {
    /// All input tokens.
    #[must_use]
    pub fn input(&self) -> u64 {
        self.input_fresh.saturating_add(self.cache_read).saturating_add(self.cache_write)
    }

    /// All output tokens, thinking included.
    #[must_use]
    pub fn output(&self) -> u64 {
        self.output_text.saturating_add(self.output_reasoning)
    }
}

/// The rates of one price class, all of them dollars per token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Fresh input.
    pub input: Rate,
    /// Input served by the provider's prompt cache; `None` where the provider has no such discount.
    pub cached_input: Option<Rate>,
    /// Input written to the provider's prompt cache; `None` where writing costs what reading fresh costs.
    pub cache_write: Option<Rate>,
    /// Output, thinking included.
    pub output: Rate,
}

impl Rates {
    /// The dearest way in which one input token can be billed.
    fn dearest_input(&self) -> Rate {
        [Some(self.input), self.cached_input, self.cache_write].into_iter().flatten().max().unwrap_or(self.input)
    }
}

/// A price class that a whole request falls into when its input is longer than `above`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongContext {
    /// Input tokens; a request with more than this pays these rates for everything.
    pub above: u64,
    /// The rates of that class.
    pub rates: Rates,
}

/// What a model charges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The usual rates.
    pub rates: Rates,
    /// Dearer classes of long requests, by rising `above`.
    #[serde(default)]
    pub long_context: Vec<LongContext>,
    /// Per request, whatever its size.
    #[serde(default)]
    pub request: Money,
}

impl Price {
    /// The most that one attempt with at most `input` and `output` tokens can cost: the dearest class this request can fall
    /// into, in every bucket. `None` where the amount does not fit, which callers report as an overflow, never as a number.
    ///
    /// Discounts (cache reads, batches) only ever lower a settlement.
    #[must_use]
    pub fn ceiling(&self, input: u64, output: u64) -> Option<Money> {
        // A cheaper long class must not hide the dearest short request: every class is tried at its own longest request.
        let mut most = self.ceiling_in(&self.rates, input.min(self.first_step()), output);
        let longest = || u128::from(input <= self.first_step()) * most;
        most = rule(Mutant::ShortIsNeverDearer, most, longest);
        for (index, class) in self.long_context.iter().enumerate() {
            if rule(Mutant::LongContextForgotten, input > class.above, || false) {
                let until = self.long_context.get(index + 1).map_or(u64::MAX, |next| next.above);
                most = most.max(self.ceiling_in(&class.rates, input.min(until), output));
            }
        }
        let down = || u64::try_from(most / 1000).ok().map(Money).and_then(|money| money.checked_add(self.request));
        let free = || Price { request: Money::ZERO, ..self.clone() }.rounded(most);
        rule(Mutant::RequestPriceForgotten, rule(Mutant::RoundedDown, self.rounded(most), down), free)
    }

    /// What an attempt that reported `usage` costs, exactly, rounded up once to a nano-dollar.
    #[must_use]
    pub fn settle(&self, usage: &Usage) -> Option<Money> {
        let input = usage.input();
        let rates = self.long_context.iter().rev().find(|class| input > class.above).map_or(&self.rates, |c| &c.rates);
        let parts = [
            (rates.input, usage.input_fresh),
            (rates.cached_input.unwrap_or(rates.input), usage.cache_read),
            (rates.cache_write.unwrap_or(rates.input), usage.cache_write),
            (rates.output, usage.output_text),
            (rates.output, usage.output_reasoning),
        ];
        let total = parts.iter().try_fold(0u128, |sum, (rate, tokens)| sum.checked_add(rate.times(*tokens)))?;
        self.rounded(total)
    }

    fn first_step(&self) -> u64 {
        self.long_context.first().map_or(u64::MAX, |class| class.above)
    }

    fn ceiling_in(&self, rates: &Rates, input: u64, output: u64) -> u128 {
        let dearest = rule(Mutant::InputIsCheap, rates.dearest_input(), || rates.input);
        let output = rule(Mutant::OutputIsFree, output, || 0);
        dearest.times(input).saturating_add(rates.output.times(output))
    }

    fn rounded(&self, picos: u128) -> Option<Money> {
        u64::try_from(picos.div_ceil(1000)).ok().map(Money).and_then(|tokens| tokens.checked_add(self.request))
    }
}

/// One number per dimension: a bound, a budget's use, or what a run spent.
///
/// `tokens` is a dimension of its own and not `input + output`: the largest sum may be smaller than the sum of the largest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// Dollars.
    pub cost: Money,
    /// Requests sent to models: turns, retries, classifications, embeddings.
    pub calls: u64,
    /// Requests of generating models; a classification or an embedding is a call but no turn.
    pub turns: u64,
    /// Tool calls, failed and denied ones included.
    pub tools: u64,
    /// Input tokens.
    pub input: u64,
    /// Output tokens, thinking included.
    pub output: u64,
    /// Input and output tokens.
    pub tokens: u64,
    /// Milliseconds spent waiting for models, tools, timers and people.
    pub time_ms: u64,
}

impl Resources {
    /// Nothing of anything.
    pub const ZERO: Resources =
        Resources { cost: Money::ZERO, calls: 0, turns: 0, tools: 0, input: 0, output: 0, tokens: 0, time_ms: 0 };

    /// One after the other: everything adds, time too.
    #[must_use]
    pub fn then(&self, next: &Resources) -> Option<Resources> {
        self.combine(next, u64::checked_add)
    }

    /// Side by side: everything adds, and time is the longer of the two.
    #[must_use]
    pub fn beside(&self, other: &Resources) -> Option<Resources> {
        self.combine(other, |a, b| Some(a.max(b)))
    }

    /// Either of the two: the larger in each dimension by itself.
    #[must_use]
    pub fn either(&self, other: &Resources) -> Resources {
        Resources {
            cost: self.cost.max(other.cost),
            calls: self.calls.max(other.calls),
            turns: self.turns.max(other.turns),
            tools: self.tools.max(other.tools),
            input: self.input.max(other.input),
            output: self.output.max(other.output),
            tokens: self.tokens.max(other.tokens),
            time_ms: self.time_ms.max(other.time_ms),
        }
    }

    /// What is within both: the smaller in each dimension by itself.
    #[must_use]
    pub fn least(&self, other: &Resources) -> Resources {
        Resources {
            cost: self.cost.min(other.cost),
            calls: self.calls.min(other.calls),
            turns: self.turns.min(other.turns),
            tools: self.tools.min(other.tools),
            input: self.input.min(other.input),
            output: self.output.min(other.output),
            tokens: self.tokens.min(other.tokens),
            time_ms: self.time_ms.min(other.time_ms),
        }
    }

    /// `count` of these, `rounds` of them one after the other: everything counts `count` times, time `rounds` times.
    #[must_use]
    pub fn repeat(&self, count: u64, rounds: u64) -> Option<Resources> {
        Some(Resources {
            cost: self.cost.checked_mul(count)?,
            calls: self.calls.checked_mul(count)?,
            turns: self.turns.checked_mul(count)?,
            tools: self.tools.checked_mul(count)?,
            input: self.input.checked_mul(count)?,
            output: self.output.checked_mul(count)?,
            tokens: self.tokens.checked_mul(count)?,
            time_ms: self.time_ms.checked_mul(rounds)?,
        })
    }

    /// The dimensions in which this is more than `limit`, largest first in no particular order of importance.
    pub fn beyond(&self, limit: &Resources) -> impl Iterator<Item = Dimension> + '_ {
        let limit = *limit;
        Dimension::ALL.into_iter().filter(move |dimension| self.get(*dimension) > limit.get(*dimension))
    }

    /// The number of one dimension: nano-dollars, counts, tokens or milliseconds.
    #[must_use]
    pub fn get(&self, dimension: Dimension) -> u64 {
        match dimension {
            Dimension::Cost => self.cost.nanos(),
            Dimension::Calls => self.calls,
            Dimension::Turns => self.turns,
            Dimension::Tools => self.tools,
            Dimension::Input => self.input,
            Dimension::Output => self.output,
            Dimension::Tokens => self.tokens,
            Dimension::Time => self.time_ms,
        }
    }

    fn combine(&self, other: &Resources, time: impl Fn(u64, u64) -> Option<u64>) -> Option<Resources> {
        Some(Resources {
            cost: self.cost.checked_add(other.cost)?,
            calls: self.calls.checked_add(other.calls)?,
            turns: self.turns.checked_add(other.turns)?,
            tools: self.tools.checked_add(other.tools)?,
            input: self.input.checked_add(other.input)?,
            output: self.output.checked_add(other.output)?,
            tokens: self.tokens.checked_add(other.tokens)?,
            time_ms: time(self.time_ms, other.time_ms)?,
        })
    }
}

/// What a budget limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Dollars.
    Cost,
    /// Requests sent to models.
    Calls,
    /// Requests of generating models.
    Turns,
    /// Tool calls.
    Tools,
    /// Input tokens.
    Input,
    /// Output tokens.
    Output,
    /// Input and output tokens.
    Tokens,
    /// Milliseconds.
    Time,
}

impl Dimension {
    /// Every dimension, in the order of reports.
    pub const ALL: [Dimension; 8] = [
        Dimension::Cost,
        Dimension::Calls,
        Dimension::Turns,
        Dimension::Tools,
        Dimension::Input,
        Dimension::Output,
        Dimension::Tokens,
        Dimension::Time,
    ];

    /// The word of the language for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Dimension::Cost => "cost",
            Dimension::Calls => "calls",
            Dimension::Turns => "turns",
            Dimension::Tools => "tools",
            Dimension::Input => "input",
            Dimension::Output => "output",
            Dimension::Tokens => "tokens",
            Dimension::Time => "time",
        }
    }

    /// A number of this dimension as people read it: `$0.02`, `3m`, `1,200`.
    #[must_use]
    pub fn show(self, amount: u64) -> String {
        match self {
            Dimension::Cost => Money::from_nanos(amount).rounded_up(),
            Dimension::Time => show_millis(amount),
            Dimension::Calls
            | Dimension::Turns
            | Dimension::Tools
            | Dimension::Input
            | Dimension::Output
            | Dimension::Tokens => show_count(amount),
        }
    }

    /// A limit that somebody wrote, for people: what was written is never rounded.
    #[must_use]
    pub fn show_limit(self, amount: u64) -> String {
        match self {
            Dimension::Cost => Money::from_nanos(amount).written(),
            Dimension::Time => show_exact_millis(amount),
            Dimension::Calls
            | Dimension::Turns
            | Dimension::Tools
            | Dimension::Input
            | Dimension::Output
            | Dimension::Tokens => show_count(amount),
        }
    }
}

/// Milliseconds in the largest unit that says them exactly: `90s`, `1500ms`.
#[must_use]
pub fn show_exact_millis(millis: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let exact = UNITS.iter().find(|(unit, _)| millis > 0 && millis.is_multiple_of(*unit));
    exact.map_or_else(|| format!("{millis}ms"), |(unit, name)| format!("{}{name}", millis / unit))
}

/// Milliseconds as the language writes them: the largest unit that says it exactly below two of them.
#[must_use]
pub fn show_millis(millis: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    for (index, (unit, name)) in UNITS.iter().enumerate() {
        if millis >= *unit {
            let rest = millis % unit;
            return match UNITS.get(index + 1) {
                _ if rest == 0 => format!("{}{name}", millis / unit),
                // Rounded up, the rest may be a whole unit more.
                Some((smaller, _)) if rest.div_ceil(*smaller) * smaller == *unit => {
                    show_millis((millis / unit).saturating_add(1).saturating_mul(*unit))
                }
                Some((smaller, small_name)) if rest >= *smaller => {
                    format!("{}{name} {}{small_name}", millis / unit, rest.div_ceil(*smaller))
                }
                Some((_, small_name)) => format!("{}{name} 1{small_name}", millis / unit),
                None => {
                    let tenths = millis.div_ceil(100);
                    format!("{}.{}{name}", tenths / 10, tenths % 10)
                }
            };
        }
    }
    format!("{millis}ms")
}

/// A count with thousands separated: `58,020`.
#[must_use]
pub fn show_count(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The longest wait before the retry number `retry` (from 1): 250 ms, doubled each time, at most 8 s. The runtime waits a
/// random part of it, so the bound counts all of it.
#[must_use]
pub fn longest_backoff_ms(retry: u64) -> u64 {
    let doublings = u32::try_from(retry.saturating_sub(1)).unwrap_or(u32::MAX).min(5);
    (250u64 << doublings).min(8_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(input: &str, output: &str) -> Rates {
        Rates {
            input: Rate::per_million(input).expect("a rate"),
            cached_input: None,
            cache_write: None,
            output: Rate::per_million(output).expect("a rate"),
        }
    }

    #[test]
    fn what_somebody_wrote_is_shown_with_every_digit() {
        let written = |text: &str| text.parse::<Money>().map(Money::written);
        assert_eq!(written("0.000557999"), Ok("$0.000557999".to_owned()));
        assert_eq!(written("12"), Ok("$12.00".to_owned()));
        assert_eq!(written("0.10"), Ok("$0.10".to_owned()));
        assert_eq!(Dimension::Time.show_limit(90_000), "90s");
        assert_eq!(Dimension::Cost.show(557_999), "$0.000558", "a ceiling is rounded up");
    }

    #[test]
    fn dollars_are_read_exactly_or_not_at_all() {
        assert_eq!("0.02".parse(), Ok(Money::from_nanos(20_000_000)));
        assert_eq!("$1_000".parse(), Ok(Money::from_nanos(1_000_000_000_000)));
        assert_eq!("0.0000000001".parse::<Money>(), Err(AmountError::TooPrecise));
        assert_eq!("1e3".parse::<Money>(), Err(AmountError::NotANumber));
        assert_eq!("99999999999999".parse::<Money>(), Err(AmountError::TooLarge));
        assert_eq!(".5".parse::<Money>(), Err(AmountError::NotANumber));
    }

    #[test]
    fn a_shown_ceiling_is_never_smaller_than_the_ceiling() {
        assert_eq!(Money::from_nanos(180_660_001).rounded_up(), "$0.1807");
        assert_eq!(Money::from_nanos(1).rounded_up(), "$0.000000001");
        assert_eq!(Money::from_nanos(123_456_789_012_345).rounded_up(), "$123456.79");
        assert_eq!(Money::from_nanos(12_000_000_000).rounded_up(), "$12.00");
        assert_eq!(Money::ZERO.rounded_up(), "$0.00");
    }

    #[test]
    fn an_attempt_is_rounded_up_once() {
        let price = Price { rates: rates("0.0001", "0.0001"), ..Price::default() };
        // 100 pico-dollars a token: 7 + 6 tokens are 1,300 pico-dollars, which is 2 nano-dollars and not 1 + 1.
        assert_eq!(price.ceiling(7, 6), Some(Money::from_nanos(2)));
    }

    #[test]
    fn a_ceiling_takes_the_dearest_class_that_the_request_can_fall_into() {
        let cheap_when_long = Price {
            rates: rates("2", "0"),
            long_context: vec![LongContext { above: 100, rates: rates("1", "0") }],
            request: Money::ZERO,
        };
        // 100 tokens at $2 are dearer than 150 tokens at $1.
        assert_eq!(cheap_when_long.ceiling(150, 0), Some(Money::from_nanos(200_000)));
        let written = Rates { cache_write: Rate::per_million("2.5").ok(), ..rates("2", "0") };
        assert_eq!(Price { rates: written, ..Price::default() }.ceiling(10, 0), Some(Money::from_nanos(25_000)));
    }

    #[test]
    fn a_settlement_is_never_above_the_ceiling_of_its_own_usage() {
        let price = Price {
            rates: Rates { cached_input: Rate::per_million("0.1").ok(), ..rates("1", "10") },
            long_context: vec![LongContext { above: 50, rates: rates("3", "20") }],
            request: Money::from_nanos(5),
        };
        for input in 0..120u64 {
            for read in 0..=input {
                let usage = Usage { input_fresh: input - read, cache_read: read, output_text: 7, ..Usage::default() };
                assert!(price.settle(&usage) <= price.ceiling(input, 7));
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_no_number() {
        let price = Price { rates: rates("1000000", "0"), ..Price::default() };
        assert_eq!(price.ceiling(u64::MAX, 0), None);
        let full = Resources { calls: u64::MAX, ..Resources::ZERO };
        assert_eq!(full.then(&Resources { calls: 1, ..Resources::ZERO }), None);
    }

    #[test]
    fn durations_and_counts_read_like_the_language() {
        assert_eq!(show_millis(250), "250ms");
        assert_eq!(show_millis(8_000), "8s");
        assert_eq!(show_millis(8_250), "8.3s");
        assert_eq!(show_millis(171_000), "2m 51s");
        assert_eq!(show_millis(8 * 3_600_000 - 1), "8h");
        assert_eq!(show_millis(3_600_000 - 1), "1h");
        assert_eq!(show_millis(86_400_000 + 86_400_000 - 1), "2d");
        assert_eq!(show_count(58_020), "58,020");
    }
}

//! What changed between two snapshots, in money. In: two snapshots and a policy. Out: for each flow its ceilings on both sides,
//! every change of a fact with its place, and a verdict.

use std::collections::BTreeSet;

use super::facts::WORDS;
use super::gate::{self, Order};
use super::reach::openness;
use super::snapshot::{Fact, Item, Key, Kind, Snapshot, Value};
use crate::bound::Verdict;
use crate::catalogue::Policy;
use crate::cost::{Dimension, Money, Resources, show_count, show_exact_millis};

/// What is to be done about a comparison; the worst last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// Nothing.
    #[default]
    Pass,
    /// To be looked at.
    Warn,
    /// Not to be merged so.
    Fail,
}

impl Decision {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Decision::Pass => "PASS",
            Decision::Warn => "WARN",
            Decision::Fail => "FAIL",
        }
    }
}

/// What kind of change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// A limit lets more through: a budget, a gate.
    Widened,
    /// A cap is higher, a text is longer.
    Raised,
    /// Another model answers.
    Switched,
    /// Something is not what it was, and neither more nor less.
    Changed,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// A cap is lower, a text is shorter.
    Lowered,
    /// A limit lets less through.
    Narrowed,
}

impl Label {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Label::Widened => "widened",
            Label::Raised => "raised",
            Label::Switched => "switched",
            Label::Changed => "changed",
            Label::Added => "added",
            Label::Removed => "removed",
            Label::Lowered => "lowered",
            Label::Narrowed => "narrowed",
        }
    }

    /// Whether it can make a run take more.
    #[must_use]
    pub fn can_grow(self) -> bool {
        match self {
            Label::Widened | Label::Raised | Label::Switched | Label::Changed | Label::Added => true,
            Label::Removed | Label::Lowered | Label::Narrowed => false,
        }
    }
}

/// One change of one fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The item; absent where it is about a model.
    pub key: Option<Key>,
    /// The model, where it is about one.
    pub model: Option<String>,
    /// What kind of change it is.
    pub label: Label,
    /// What changed, as people read it: `retry`, `prompt`, `budget cost`, `gate`.
    pub what: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
    /// How many tokens a fixed text grew by.
    pub tokens: i128,
    /// Where it is written now, or was where it is gone.
    pub line: u32,
}

/// A flow on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowChange {
    /// Which.
    pub key: Key,
    /// Where it stands now, or stood.
    pub line: u32,
    /// What was proved before; absent where it was not there or nothing was proved.
    pub before: Option<Resources>,
    /// What is proved now.
    pub after: Option<Resources>,
    /// Whether it is there on either side.
    pub was: bool,
    /// Whether it is there now.
    pub is: bool,
    /// How it comes out now.
    pub verdict: Verdict,
    /// What may have made it grow: indexes into the changes.
    pub causes: Vec<usize>,
}

impl FlowChange {
    /// The dimensions in which it grew.
    #[must_use]
    pub fn grown(&self) -> Vec<Dimension> {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => after.beyond(before).collect(),
            (None, _) | (_, None) => Vec::new(),
        }
    }

    /// Whether a ceiling is another one, or is known on one side only.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.before != self.after || self.was != self.is
    }
}

/// Something that a reviewer must know first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub decision: Decision,
    /// What, in one sentence.
    pub message: String,
    /// The file.
    pub file: String,
    /// The line.
    pub line: u32,
    /// Whether an approval would settle it.
    pub can_be_approved: bool,
}

/// Two snapshots side by side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Every flow of either side.
    pub flows: Vec<FlowChange>,
    /// Every change, those that can make a run take more first.
    pub changes: Vec<Change>,
    /// What a reviewer must know first.
    pub findings: Vec<Finding>,
    /// What the ceilings of the second side assume, each once.
    pub assumes: Vec<String>,
}

impl Comparison {
    /// Compares two sides.
    #[must_use]
    pub fn of(before: &Snapshot, after: &Snapshot, policy: &Policy) -> Comparison {
        let mut comparison = Comparison { changes: changes(before, after), ..Comparison::default() };
        let keys: BTreeSet<&Key> = before.items.keys().chain(after.items.keys()).collect();
        for key in keys.into_iter().filter(|key| key.0 == Kind::Flow) {
            let flow = flow(key, before.items.get(key), after.items.get(key), &comparison.changes);
            comparison.flows.push(flow);
        }
        comparison.judge(policy);
        let assumed: BTreeSet<&String> = after.items.values().flat_map(|item| &item.assumes).collect();
        comparison.assumes = assumed.into_iter().cloned().collect();
        comparison
    }

    /// Whether nothing that a reviewer cares about is different.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.flows.iter().all(|flow| !flow.is_changed()) && self.findings.is_empty()
    }

    /// Whether it is proved that no ceiling of a flow that is on both sides grew.
    #[must_use]
    pub fn proves_no_growth(&self) -> bool {
        let both = self.flows.iter().filter(|flow| flow.was && flow.is);
        both.clone().all(|flow| flow.before.is_some() && flow.after.is_some() && flow.grown().is_empty())
            && both.count() > 0
    }

    /// The worst of the findings; those that an approval settles count as a warning where there is one.
    #[must_use]
    pub fn decision(&self, is_approved: bool) -> Decision {
        let settled = |finding: &Finding| {
            if is_approved && finding.can_be_approved { finding.decision.min(Decision::Warn) } else { finding.decision }
        };
        self.findings.iter().map(settled).max().unwrap_or_default()
    }

    fn judge(&mut self, policy: &Policy) {
        let mut findings = Vec::new();
        for flow in &self.flows {
            judge_flow(flow, policy, &self.changes, &mut findings);
        }
        for change in &self.changes {
            judge_change(change, policy, &mut findings);
        }
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.decision));
        self.findings = findings;
    }
}

fn judge_flow(flow: &FlowChange, policy: &Policy, changes: &[Change], findings: &mut Vec<Finding>) {
    let (_, file, name) = &flow.key;
    let mut say = |decision, message: String, at: Option<(String, u32)>| {
        let (file, line) = at.unwrap_or_else(|| (file.clone(), flow.line));
        findings.push(Finding { decision, message, file, line, can_be_approved: false });
    };
    if flow.is {
        match flow.verdict {
            Verdict::Ok => {}
            Verdict::Over => say(Decision::Fail, format!("`{name}` is over its budget"), None),
            Verdict::Unbounded => say(Decision::Fail, format!("`{name}` has no finite bound"), None),
            Verdict::Invalid => say(Decision::Fail, format!("`{name}` does not compile"), None),
        }
        if flow.was && flow.before.is_none() && flow.after.is_some() {
            say(Decision::Warn, format!("what `{name}` could take before is unknown: it did not compile"), None);
        }
    }
    let grown = flow.grown();
    if grown.is_empty() {
        return;
    }
    let (Some(before), Some(after)) = (&flow.before, &flow.after) else { return };
    let cause = flow.causes.iter().filter_map(|index| changes.get(*index)).find_map(|change| {
        let (_, file, _) = change.key.as_ref()?;
        Some((file.clone(), change.line))
    });
    let cost = grown.contains(&Dimension::Cost).then_some((before.cost, after.cost));
    let beyond = cost.zip(policy.cost_growth).filter(|((before, after), percent)| exceeds(*before, *after, *percent));
    if let Some(((before, after), percent)) = beyond {
        let message =
            format!("the cost ceiling of `{name}` grew from {before} to {after}, and the policy allows {percent} %");
        say(Decision::Fail, message, cause);
        return;
    }
    let said: Vec<String> = grown
        .iter()
        .map(|dimension| {
            let (before, after) = (before.get(*dimension), after.get(*dimension));
            format!("{} {} → {}", dimension.name(), dimension.show(before), dimension.show(after))
        })
        .collect();
    say(Decision::Warn, format!("the ceiling of `{name}` grew: {}", said.join(", ")), cause);
}

/// Whether an amount grew by more than a share in percent, without rounding.
fn exceeds(before: Money, after: Money, percent: u64) -> bool {
    u128::from(after.nanos()) * 100 > u128::from(before.nanos()) * (100 + u128::from(percent))
}

fn judge_change(change: &Change, policy: &Policy, findings: &mut Vec<Finding>) {
    let Some((kind, file, name)) = &change.key else {
        let Some(model) = &change.model else { return };
        findings.push(Finding {
            decision: Decision::Warn,
            message: format!("{} of model `{model}`: {}", change.what, arrow(change)),
            file: "flow.toml".to_owned(),
            line: 0,
            can_be_approved: false,
        });
        return;
    };
    let mut say = |decision, message: String, can_be_approved| {
        findings.push(Finding { decision, message, file: file.clone(), line: change.line, can_be_approved });
    };
    let shown = arrow(change);
    if change.label == Label::Widened {
        let decision = if policy.widening_is_free { Decision::Warn } else { Decision::Fail };
        say(decision, format!("{} of {} `{name}` widened: {shown}", change.what, kind.name()), true);
    }
    if change.label == Label::Switched {
        say(Decision::Warn, format!("models of {} `{name}` switched: {shown}", kind.name()), false);
    }
    if let Some(allowed) = policy.prompt_growth
        && change.tokens > i128::from(allowed)
    {
        let message = format!(
            "the {} of `{name}` grew by {} tokens, and the policy allows {}",
            change.what,
            show_count(u64::try_from(change.tokens).unwrap_or(u64::MAX)),
            show_count(allowed)
        );
        say(Decision::Fail, message, false);
    }
}

/// `1 → 2`, with a dash where there is nothing.
#[must_use]
pub fn arrow(change: &Change) -> String {
    let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "none".to_owned());
    format!("{} → {}", side(&change.before), side(&change.after))
}

fn flow(key: &Key, before: Option<&Item>, after: Option<&Item>, changes: &[Change]) -> FlowChange {
    let bound = |item: Option<&Item>| item.and_then(|item| item.bound);
    let mut flow = FlowChange {
        key: key.clone(),
        line: after.or(before).map_or(0, |item| item.line),
        before: bound(before),
        after: bound(after),
        was: before.is_some(),
        is: after.is_some(),
        verdict: after.map_or(Verdict::Ok, |item| item.verdict),
        causes: Vec::new(),
    };
    if let Some(after) = after.filter(|_| !flow.grown().is_empty()) {
        let concerns = |change: &Change| match (&change.key, &change.model) {
            (Some(changed), _) => changed == key || after.uses.contains(changed),
            (None, Some(model)) => after.models.contains(model),
            (None, None) => false,
        };
        let is_cause = |change: &Change| {
            // A budget does not make anything dearer.
            change.label.can_grow() && !change.what.starts_with("budget") && change.what != "owner" && concerns(change)
        };
        flow.causes = (0..changes.len()).filter(|index| is_cause(&changes[*index])).collect();
    }
    flow
}

fn changes(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let mut changes = Vec::new();
    let keys: BTreeSet<&Key> = before.items.keys().chain(after.items.keys()).collect();
    for key in keys {
        match (before.items.get(key), after.items.get(key)) {
            (Some(old), Some(new)) => facts(key, old, new, &mut changes),
            (None, Some(new)) => changes.push(whole(key, Label::Added, new.line)),
            (Some(old), None) => changes.push(whole(key, Label::Removed, old.line)),
            (None, None) => {}
        }
    }
    for (name, new) in &after.models {
        if let Some(old) = before.models.get(name).filter(|old| old.digest != new.digest) {
            let facts = |pinned: &super::snapshot::Pinned| Some(pinned.price.clone());
            let what = if old.price == new.price { "facts" } else { "price" };
            changes.push(Change {
                key: None,
                model: Some(name.clone()),
                label: Label::Changed,
                what: what.to_owned(),
                before: facts(old),
                after: facts(new),
                tokens: 0,
                line: 0,
            });
        }
    }
    changes.sort_by_key(|change| change.label);
    changes
}

fn whole(key: &Key, label: Label, line: u32) -> Change {
    let what = key.0.name().to_owned();
    Change { key: Some(key.clone()), model: None, label, what, before: None, after: None, tokens: 0, line }
}

fn facts(key: &Key, old: &Item, new: &Item, changes: &mut Vec<Change>) {
    // Where nothing is known of a side, its facts are not gone.
    if old.bound.is_none() != new.bound.is_none() && key.0 != Kind::Tool {
        return;
    }
    let names: BTreeSet<&String> = old.facts.keys().chain(new.facts.keys()).collect();
    for name in names {
        let (before, after) = (old.facts.get(name), new.facts.get(name));
        // A text that is longer is said by its tokens, and not again by its words.
        let counted = name.strip_suffix(" text").map(|name| (old.facts.get(name), new.facts.get(name), name));
        if name == WORDS || counted.is_some_and(|(before, after, name)| label(name, before, after).is_some()) {
            continue;
        }
        let Some(label) = label(name, before, after) else { continue };
        let line = match (before, after) {
            (Some(before), Some(after)) => line_of(before, after),
            (None, Some(after)) => after.line,
            (Some(_), None) | (None, None) => new.line,
        };
        changes.push(Change {
            key: Some(key.clone()),
            model: None,
            label,
            what: name.clone(),
            before: before.and_then(|fact| shown(name, &fact.value)),
            after: after.and_then(|fact| shown(name, &fact.value)),
            tokens: tokens(after) - tokens(before),
            line,
        });
    }
}

fn tokens(fact: Option<&Fact>) -> i128 {
    match fact.map(|fact| &fact.value) {
        Some(Value::Tokens(tokens)) => i128::from(*tokens),
        Some(
            Value::Limit(..)
            | Value::Cap(_)
            | Value::Models(_)
            | Value::Gate { .. }
            | Value::Word(_)
            | Value::Digest(_),
        )
        | None => 0,
    }
}

/// What kind of change it is; nothing where it is none, or where another fact says it better.
fn label(name: &str, before: Option<&Fact>, after: Option<&Fact>) -> Option<Label> {
    match (before.map(|fact| &fact.value), after.map(|fact| &fact.value)) {
        (Some(Value::Limit(_, old)), Some(Value::Limit(_, new))) => more(*old, *new, Label::Widened, Label::Narrowed),
        (Some(Value::Cap(old)), Some(Value::Cap(new))) => more(*old, *new, Label::Raised, Label::Lowered),
        // The same text under another model's tokenizer is not a longer text.
        (Some(Value::Tokens(_)), Some(Value::Tokens(_))) if is_same_text(before, after) => None,
        (Some(Value::Tokens(old)), Some(Value::Tokens(new))) => more(*old, *new, Label::Raised, Label::Lowered),
        (Some(Value::Models(old)), Some(Value::Models(new))) => (old != new).then_some(Label::Switched),
        (Some(old @ Value::Gate { .. }), Some(new @ Value::Gate { .. })) => gate_label(old, new),
        // What a prompt says may change at the same size; what is longer was said by its tokens.
        (Some(old), Some(new)) => (old != new).then_some(Label::Changed),
        // A limit that is gone allows everything, and a cap that is gone leaves it to the size of the type.
        (Some(Value::Limit(..) | Value::Gate { .. }), None) => Some(Label::Widened),
        (None, Some(Value::Limit(..) | Value::Gate { .. })) => Some(Label::Narrowed),
        (Some(Value::Word(_)), None) if name == "once" => Some(Label::Widened),
        (Some(_), None) => Some(Label::Removed),
        (None, Some(_)) => Some(Label::Added),
        (None, None) => None,
    }
}

fn is_same_text(before: Option<&Fact>, after: Option<&Fact>) -> bool {
    let text = |fact: Option<&Fact>| fact.and_then(|fact| fact.text.clone());
    text(before).is_some() && text(before) == text(after)
}

fn more(old: u64, new: u64, up: Label, down: Label) -> Option<Label> {
    match new.cmp(&old) {
        std::cmp::Ordering::Greater => Some(up),
        std::cmp::Ordering::Less => Some(down),
        std::cmp::Ordering::Equal => None,
    }
}

fn gate_label(old: &Value, new: &Value) -> Option<Label> {
    let (
        Value::Gate { open: before, has_calls: had_calls, otherwise: was, .. },
        Value::Gate { open: after, has_calls, otherwise: is, .. },
    ) = (old, new)
    else {
        return None;
    };
    let order = if *had_calls || *has_calls {
        if before == after { Order::Same } else { Order::Unknown }
    } else {
        gate::order(before, after)
    };
    let opens = openness(is).cmp(&openness(was));
    match (order, opens) {
        // What cannot be shown to be narrower is taken to be wider: somebody looks at it.
        (Order::Wider | Order::Unknown, _) | (_, std::cmp::Ordering::Greater) => Some(Label::Widened),
        (Order::Narrower, _) | (Order::Same, std::cmp::Ordering::Less) => Some(Label::Narrowed),
        (Order::Same, std::cmp::Ordering::Equal) => (was != is).then_some(Label::Changed),
    }
}

/// A value as people read it; nothing for what only has a digest.
fn shown(name: &str, value: &Value) -> Option<String> {
    match value {
        Value::Limit(dimension, amount) => Some(dimension.show_limit(*amount)),
        Value::Cap(amount) => Some(match name {
            "time" => show_exact_millis(*amount),
            "price" => Money::from_nanos(*amount).written(),
            _ => show_count(*amount),
        }),
        Value::Tokens(tokens) => Some(format!("{} tokens", show_count(*tokens))),
        Value::Models(arms) => Some(arms.join("; ")),
        Value::Gate { text, .. } => Some(text.clone()),
        Value::Word(word) => Some(word.clone()),
        Value::Digest(_) => None,
    }
}

/// The first line that differs, where the text is known; else where it begins.
fn line_of(before: &Fact, after: &Fact) -> u32 {
    let (Some(old), Some(new)) = (&before.text, &after.text) else { return after.line };
    let same = old.lines().zip(new.lines()).take_while(|(old, new)| old.trim() == new.trim()).count();
    let last = new.lines().count().saturating_sub(1);
    after.line.saturating_add(u32::try_from(same.min(last)).unwrap_or(0))
}

//! Codes of lints: W1001 to W1049. Habits that cost; each has a name and a level.

codes! {
    W1001 "a loop without a progress condition";
    W1002 "the same call again after a failure";
    W1003 "results of tools are sent again in each turn";
    W1004 "a bloated system message";
    W1005 "a passage stands in several messages";
    W1006 "more context than a model reads well";
    W1008 "history that is never left out";
    W1009 "an answer is accepted on its own word only";
    W1010 "nothing uses a declaration";
    W1011 "nothing reads a parameter";
    W1012 "a cap that can never be reached";
    W1013 "a ladder that begins with its dearest rung";
    W1014 "a rung is asked twice";
    W1015 "a condition that is always the same";
    W1016 "a tool that no model understands";
    W1017 "a hole that is a text";
    W1018 "a `$` in front of a hole";
    W1019 "an answer is judged by who gave it";
    W1020 "a long text that no provider can cache";
    W1021 "a budget that guards nothing";
    W1022 "nobody answers for a flow";
    W1023 "calls that wait for each other";
    W1024 "a request just behind a step of its price";
    W1025 "a limit that tightens nothing";
    W1026 "an `else` behind what cannot fail";
    W1030 "a suppression of nothing";
}

use super::{check, syntax};

/// What becomes of a lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is not said.
    Allow,
    /// It is a warning.
    Warn,
    /// It fails the check.
    Deny,
}

impl Level {
    /// The level of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Level> {
        [Level::Allow, Level::Warn, Level::Deny].into_iter().find(|level| level.name() == name)
    }

    /// As `flow.toml` writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::Allow => "allow",
            Level::Warn => "warn",
            Level::Deny => "deny",
        }
    }
}

/// A lint: its name in `flow.toml` and in suppressions, its code, and its level where nobody says otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Lint {
    /// Its name.
    pub name: &'static str,
    /// Its code.
    pub code: Code,
    /// Its level where `flow.toml` says nothing.
    pub usual: Level,
}

const fn warn(name: &'static str, code: Code) -> Lint {
    Lint { name, code, usual: Level::Warn }
}

const fn allow(name: &'static str, code: Code) -> Lint {
    Lint { name, code, usual: Level::Allow }
}

/// Every lint; warnings of the phases before are lints, too.
pub const LINTS: &[Lint] = &[
    warn("loop_without_progress", W1001),
    warn("repeated_failure", W1002),
    warn("resent_results", W1003),
    warn("bloated_system", W1004),
    warn("duplicated_passage", W1005),
    warn("overstuffed_context", W1006),
    warn("idle_keep", W1008),
    warn("sure_only", W1009),
    warn("unused_item", W1010),
    warn("unused_parameter", W1011),
    warn("unreachable_cap", W1012),
    warn("upside_down_ladder", W1013),
    warn("repeated_rung", W1014),
    warn("constant_condition", W1015),
    warn("undocumented_tool", W1016),
    warn("braces_in_text", W1017),
    warn("dollar_before_hole", W1018),
    warn("own_judge", W1019),
    warn("late_prefix", W1020),
    allow("loose_budget", W1021),
    allow("missing_owner", W1022),
    allow("one_by_one", W1023),
    warn("price_step", W1024),
    warn("idle_within", W1025),
    warn("idle_else", W1026),
    warn("useless_allow", W1030),
    warn("stray_documentation", syntax::W0117),
    warn("unused_import", syntax::W0308),
    warn("ungated_tool", check::W0610),
    warn("tools_and_turns", check::W0611),
    warn("missing_budget", check::W0706),
    warn("unused_binding", check::W0714),
    warn("unreachable", check::W0715),
    warn("dropped_value", check::W0716),
];

/// The lint of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.name == name)
}

/// The lint with that code.
#[must_use]
pub fn of(code: Code) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.code == code)
}

/// What a project says about lints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// The levels that it sets.
    pub set: std::collections::BTreeMap<&'static str, Level>,
    /// From how many tokens on a system message is bloated; absent: 400.
    pub system: Option<u64>,
    /// From how many tokens on a context is overstuffed; absent: 4,000.
    pub context: Option<u64>,
    /// From how many tokens on a passage counts as one; absent: 40.
    pub passage: Option<u64>,
}

impl Levels {
    /// The level of a lint.
    #[must_use]
    pub fn level(&self, lint: &Lint) -> Level {
        self.set.get(lint.name).copied().unwrap_or(lint.usual)
    }
}

//! What stands for longer than a run: caches, indexes, ceilings over many runs, promises of a flow, questions to people.

use super::{Cap, Expr, Literal, Name, Template, TypeExpr};
use crate::source::Span;

/// `cache for 7d like 0.95 by reader`
#[derive(Clone, Debug)]
pub struct Cache {
    /// How long an answer may be given again.
    pub time: Literal,
    /// `like 0.95 by reader`: also for requests that are nearly the same.
    pub like: Option<Like>,
}

/// `like 0.95 by reader`
#[derive(Clone, Debug)]
pub struct Like {
    /// From `like` to its last word.
    pub span: Span,
    /// How alike two requests must be.
    pub score: Literal,
    /// The tier that compares them; absent where it was not written, which the checker says.
    pub by: Option<Name>,
}

/// How soon an answer is needed.
#[derive(Clone, Debug)]
pub enum Class {
    /// `class interactive`
    Interactive,
    /// `class background, window <= 200ms`
    Background {
        /// How long a request may wait to be batched.
        window: Option<Cap>,
    },
}

/// `index help = files("./help/**/*.md", chunk <= 200tok, overlap 20tok) by reader`
#[derive(Clone, Debug)]
pub struct IndexDecl {
    /// Its name.
    pub name: Name,
    /// `files`
    pub kind: Name,
    /// Which files.
    pub glob: Literal,
    /// The largest piece; absent where it was not written, which the checker says.
    pub chunk: Option<Cap>,
    /// How much of a piece is also in the next one.
    pub overlap: Option<Literal>,
    /// The tier that reads them; absent where it was not written, which the checker says.
    pub by: Option<Name>,
}

/// `ceiling support { cost <= $500 per 1d, over => escalate("ceiling") }`
#[derive(Clone, Debug)]
pub struct CeilingDecl {
    /// Its name.
    pub name: Name,
    /// Its limits in order.
    pub limits: Vec<CeilingLimit>,
    /// `soft 80%`: the share of a limit from which it is said.
    pub soft: Option<Literal>,
    /// `over => …`: what happens where a limit is reached.
    pub over: Option<CeilingOver>,
    /// `shadow`: nothing is refused, it is only said.
    pub shadow: Option<Span>,
}

/// `cost <= $2 per 1h by caller.tenant`
#[derive(Clone, Debug)]
pub struct CeilingLimit {
    /// The whole of it.
    pub span: Span,
    /// What is limited.
    pub dimension: Name,
    /// To how much.
    pub cap: Cap,
    /// Within which time.
    pub per: Literal,
    /// `in "Europe/Berlin"`: whose days these are.
    pub zone: Option<Literal>,
    /// For each of which values apart.
    pub by: Option<Expr>,
}

/// `over => on small | escalate("ceiling")`: at least one of the two.
#[derive(Clone, Debug)]
pub struct CeilingOver {
    /// The whole of it.
    pub span: Span,
    /// `on small -> mid`: who answers from then on; empty where it was not written.
    pub on: Vec<Name>,
    /// `escalate("ceiling")`: where that is too much, too.
    pub escalate: Option<Expr>,
}

/// `slo p95(time) <= 8s, success >= 90%`
#[derive(Clone, Debug)]
pub struct Slo {
    /// The whole of it.
    pub span: Span,
    /// Its promises in order.
    pub promises: Vec<Promise>,
}

/// `p95(time) <= 8s`
#[derive(Clone, Debug)]
pub struct Promise {
    /// The whole of it.
    pub span: Span,
    /// `p95`, `success`, `cost_per_success`
    pub measure: Name,
    /// `time`, in `p95(time)`.
    pub of: Option<Name>,
    /// Whether it is `>=`.
    pub least: bool,
    /// What it is held to.
    pub bound: Literal,
}

/// `outcome resolved within 7d`
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The whole of it.
    pub span: Span,
    /// The fact that counts as success.
    pub name: Name,
    /// How long after the run it may come true.
    pub within: Literal,
}

/// `ask person("support-lead", within 4h) -> Bool "Is it urgent? {t.body}"`
#[derive(Clone, Debug)]
pub struct Ask {
    /// Who is asked.
    pub role: Literal,
    /// How long the run waits.
    pub within: Literal,
    /// What is answered.
    pub result: TypeExpr,
    /// What is asked; absent where it was not written, which the checker says.
    pub question: Option<Template>,
}

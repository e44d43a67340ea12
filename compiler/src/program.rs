//! A checked program: what the bound is computed over and what the runtime executes.
//!
//! In: the resolved tree. Out of the checker: this, where every name is an id, every type and size is known, and every
//! effect stands alone as a [`Node`] of a [`Block`], so that order comes from data. Expressions are pure.
//!
//! It is serialised as part of a plan and has no version of its own.

mod eval;
mod exam;
mod standing;

pub use eval::{EvalMeasure, EvalScore, Evaluation, Requirement, Statistic};
pub use exam::{Condition, Given, GivenKind, Observed, Test as Examination, TestInput, Value};

use serde::{Deserialize, Serialize};

pub use standing::{
    Ask, Asks, Cache, Ceiling, CeilingLimit, Class, Index, LONGEST_FACT, Like, Measured, Outcome, Promise, WORKSPACE,
};

use crate::catalogue::{ModelFacts, Server};
use crate::cost::{Dimension, Money};
use crate::source::Span;

/// Declares ids: indexes into the lists of a [`Program`].
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
            #[serde(transparent)]
            pub struct $name(pub u32);

            impl $name {
                /// The index it stands for.
                #[must_use]
                pub fn index(self) -> usize {
                    self.0 as usize
                }
            }
        )*
    };
}

ids! {
    /// Names a model of [`Program::models`].
    ModelId;
    /// Names a tier of [`Program::tiers`].
    TierId;
    /// Names a record of [`Types::records`].
    RecordId;
    /// Names an enum of [`Types::enums`].
    EnumId;
    /// Names a step of [`Program::steps`].
    StepId;
    /// Names a reader of [`Program::embeddings`].
    EmbeddingId;
    /// Names a tool of [`Program::tools`].
    ToolId;
    /// Names a flow of [`Program::flows`].
    FlowId;
    /// Names an index of [`Program::indexes`].
    IndexId;
    /// Names a server of [`Program::servers`].
    ServerId;
    /// Names a ceiling of [`Program::ceilings`].
    CeilingId;
    /// Names a value within one flow, step or tool: a parameter, a node's result, a `var`, the element of an `each`.
    Slot;
}

/// A whole program, ready to be bounded and run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// The facts of every model that a used tier names.
    pub models: Vec<ModelFacts>,
    /// Tiers.
    pub tiers: Vec<Tier>,
    /// Records and enums.
    pub types: Types,
    /// Steps.
    pub steps: Vec<Step>,
    /// Places where an embedding model reads.
    pub embeddings: Vec<Embedding>,
    /// Tools.
    pub tools: Vec<Tool>,
    /// Flows; those of the root file first, in their order.
    pub flows: Vec<Flow>,
    /// Indexes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// Servers of tools.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<Server>,
    /// Ceilings over many runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ceilings: Vec<Ceiling>,
    /// The models under whose tokenizers every text of this program is counted when it is made: all that a step, a
    /// classification or an embedding can reach.
    pub readers: Vec<ModelId>,
    /// The tests of the root file; no part of a plan.
    #[serde(skip)]
    pub tests: Vec<Examination>,
    /// The evaluations of the root file; no part of a plan.
    #[serde(skip)]
    pub evals: Vec<Evaluation>,
}

/// A place in a source text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The file, relative to the project's root.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// The same, for diagnostics of this compilation; not kept in plans.
    #[serde(skip)]
    pub span: Span,
}

/// Models that stand in for each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Its name.
    pub name: String,
    /// The models, each tried when the one before it failed.
    pub models: Vec<ModelId>,
}

/// The declared types of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Types {
    /// Records.
    pub records: Vec<Record>,
    /// Enums.
    pub enums: Vec<Enum>,
}

/// A closed record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its name.
    pub name: String,
    /// Its documentation, which reaches the model.
    pub docs: String,
    /// Its fields in order.
    pub fields: Vec<Field>,
}

/// An enumeration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enum {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub docs: String,
    /// Its variants in order.
    pub variants: Vec<Variant>,
}

/// One variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub docs: String,
    /// Its fields; empty for a plain variant.
    pub fields: Vec<Field>,
}

/// A field of a record or a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub docs: String,
    /// Its type.
    pub ty: Ty,
}

/// A type with its sizes.
///
/// As JSON (inputs, results, model output): `Usd` and `Score` are numbers (`12.5`, `0.85`), a plain variant is its name, a
/// variant with fields is `{"Refund":{"amount":3}}`, an absent optional is `null`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ty {
    /// Of nothing: what `escalate`, `break`, `skip` and `return` have.
    Never,
    /// Only `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number, both ends included.
    Int {
        /// The least.
        low: i64,
        /// The greatest.
        high: i64,
    },
    /// Dollars from zero to this.
    Usd {
        /// The most.
        most: Money,
    },
    /// 0.00 to 1.00 in steps of 0.01.
    Score,
    /// A calendar day, `2026-11-23`.
    Date,
    /// An opaque key of at most 64 bytes.
    Id,
    /// Text of a size.
    Text(TextSize),
    /// Any JSON of a size.
    Json(TextSize),
    /// What an embedding model makes of a text; it can be compared and nothing else.
    Vector,
    /// A list.
    List {
        /// What it holds.
        element: Box<Ty>,
        /// The least length.
        low: u64,
        /// The greatest length.
        high: u64,
    },
    /// A value or `null`.
    Optional(Box<Ty>),
    /// A record.
    Record(RecordId),
    /// An enum.
    Enum(EnumId),
    /// What could not be typed; an error was reported, and no plan with it exists.
    Unknown,
}

/// How large a text may be. All three hold; the unit that was written fixes the other two.
///
/// `N tok`: at most N tokens under every reader, 8·N bytes and as many characters. `N char`: 4·N bytes, and at most as many
/// tokens as bytes. `N kb`: 1,024·N bytes, and at most as many characters and tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextSize {
    /// Tokens under each model of [`Program::readers`].
    pub tokens: u64,
    /// Unicode scalar values.
    pub chars: u64,
    /// Bytes of UTF-8.
    pub bytes: u64,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub docs: String,
    /// Where its value is.
    pub slot: Slot,
    /// Its type.
    pub ty: Ty,
}

/// A pure expression. Evaluation always ends; where it cannot give a value it fails with a [`Reason`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expr {
    /// A literal.
    Literal(Literal),
    /// A value made before.
    Slot(Slot),
    /// A field of a record.
    Field(Box<Expr>, String),
    /// A field of each record of a list: `answers.text`.
    Pluck(Box<Expr>, String),
    /// A field of the variant that a pattern has established.
    Payload {
        /// The enum value.
        value: Box<Expr>,
        /// The field of its variant.
        field: String,
    },
    /// The element at a position from 0, or `null` where there is none.
    Index(Box<Expr>, Box<Expr>),
    /// Elements of a list, or characters of a text: from `from` (included) to `to` (not included).
    Slice {
        /// The list or text.
        value: Box<Expr>,
        /// The first kept.
        from: u64,
        /// The first not kept; absent: to the end.
        to: Option<u64>,
    },
    /// A function of the language.
    Builtin(Builtin, Vec<Expr>),
    /// `all`, `any`, `count` over a list.
    Quantify {
        /// Which.
        quantifier: Quantifier,
        /// The list.
        list: Box<Expr>,
        /// Where the element is while `test` is evaluated.
        element: Slot,
        /// What is asked of it.
        test: Box<Expr>,
    },
    /// A record; its fields in the order of their declaration.
    Record(RecordId, Vec<Expr>),
    /// A variant; its fields in the order of their declaration.
    Variant(EnumId, u32, Vec<Expr>),
    /// A list.
    List(Vec<Expr>),
    /// `not x`
    Not(Box<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// Two values.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `x is …`
    Is(Box<Expr>, Test),
    /// `x in list`
    In(Box<Expr>, Box<Expr>),
    /// The head of a text that fits this size under every reader.
    Cut(Box<Expr>, TextSize),
    /// The elements of a list of records, without the least of a field, as many as its text has room for.
    Fit(Box<Expr>, Fit),
    /// One of two values.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// In the gate of a tool: whether this run has called the tool with this value before.
    Seen(Box<Expr>),
    /// In a ladder: what is known about the request.
    Signal(Signal),
    /// In a ladder: a fact about the caller, or `null` where it is not known.
    Caller(String),
    /// In the source of a tool: a variable of the environment. Never journaled.
    Env(String),
}

impl Expr {
    /// Hands every expression directly inside of this one to `found`, in their order.
    pub fn parts<'e>(&'e self, found: &mut dyn FnMut(&'e Expr)) {
        match self {
            Expr::Literal(_) | Expr::Slot(_) | Expr::Signal(_) | Expr::Caller(_) | Expr::Env(_) => {}
            Expr::Field(value, _)
            | Expr::Pluck(value, _)
            | Expr::Payload { value, .. }
            | Expr::Slice { value, .. }
            | Expr::Not(value)
            | Expr::Negate(value)
            | Expr::Is(value, _)
            | Expr::Cut(value, _)
            | Expr::Fit(value, _)
            | Expr::Seen(value) => found(value),
            Expr::Index(left, right) | Expr::Binary(_, left, right) | Expr::In(left, right) => {
                found(left);
                found(right);
            }
            Expr::Builtin(_, all) | Expr::Record(_, all) | Expr::Variant(_, _, all) | Expr::List(all) => {
                all.iter().for_each(found);
            }
            Expr::Quantify { list, test, .. } => {
                found(list);
                found(test);
            }
            Expr::If(condition, then, otherwise) => {
                found(condition);
                found(then);
                found(otherwise);
            }
        }
    }
}

/// A literal value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Literal {
    /// `null`
    Null,
    /// `true`
    Bool(bool),
    /// `42`
    Int(i64),
    /// `$0.02`
    Usd(Money),
    /// `0.85`, in hundredths
    Score(u8),
    /// `"text"`
    Text(String),
}

/// How elements are left out until the rest is small enough: those with the least of a field first, the later ones first
/// where they have the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// What the rest may take, under every reader.
    pub size: TextSize,
    /// The field: an `Int`, `Usd`, `Score` or `Date`.
    pub by: String,
}

/// Functions of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Builtin {
    /// `len(x)`: elements of a list, characters of a text.
    Len,
    /// `empty(x)`: a list or text of length 0, or text of white space only.
    Empty,
    /// `join(texts, between)`
    Join,
    /// `contains(text, part)`
    Contains,
    /// `lower(text)`
    Lower,
    /// `upper(text)`
    Upper,
    /// `trim(text)`
    Trim,
    /// `first(list)`: or `null`.
    First,
    /// `last(list)`: or `null`.
    Last,
    /// `sum(numbers)`
    Sum,
    /// `min(a, b)`
    Min,
    /// `max(a, b)`
    Max,
    /// `similarity(a, b)`: of two vectors, a `Score`; what points away from each other has 0.
    Similarity,
    /// `text(x)`: any value as it stands in a prompt.
    Text,
}

/// `all`, `any`, `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantifier {
    /// Every element.
    All,
    /// At least one.
    Any,
    /// How many.
    Count,
}

/// Operators between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// The right side is not evaluated where the left one decides.
    Or,
    /// The right side is not evaluated where the left one decides.
    And,
    /// Equal in type and value.
    Equal,
    /// Not equal.
    NotEqual,
    /// Less.
    Less,
    /// Less or equal.
    LessEqual,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterEqual,
    /// Sum; joins texts.
    Add,
    /// Difference.
    Subtract,
    /// Product.
    Multiply,
}

/// What `is` asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Of this variant, by its index.
    Variant(EnumId, u32),
    /// This value; `null` too.
    Literal(Literal),
    /// A list or text without content.
    Empty,
}

/// What a ladder may ask about the request at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// The size of the rendered request in tokens, the largest count of the step's models.
    Context,
    /// The step's cap on output tokens.
    Output,
    /// The share of a tier's attempts that failed of late, a `Score`.
    Failing(TierId),
    /// How long a tier takes of late, in milliseconds.
    Latency(TierId),
    /// How much of a ceiling is spent: the largest share of any of its limits, a `Score`.
    Spent(CeilingId),
    /// What is left of a ceiling: the smallest share of any of its limits, a `Score`.
    Left(CeilingId),
}

/// A prompt.
pub type Template = Vec<Part>;

/// A part of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Fixed text.
    Text(String),
    /// A value: texts as they are, numbers and names as written, lists and records as compact JSON.
    Hole(Expr, Ty),
    /// A value from outside, between the marks of [`crate::fence`], which stand in the fixed text around it: shown so that it
    /// cannot end them.
    Data(Expr, Ty),
    /// Repeated for each element.
    Each {
        /// Where the element is.
        element: Slot,
        /// The list.
        list: Expr,
        /// Its greatest length.
        most: u64,
        /// What is left out where all of it together would be too large.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fit: Option<Fit>,
        /// What is repeated.
        body: Template,
    },
    /// One of two.
    If {
        /// The condition.
        condition: Expr,
        /// Where it holds.
        then: Template,
        /// Where it does not.
        otherwise: Template,
    },
    /// The instructions for the output format, [`Step::format`].
    Format,
}

/// Who answers a step: which tiers in which order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ladder {
    /// Tiers, each asked when the answer of the one before it was not accepted. Never empty.
    Rungs(Vec<TierId>),
    /// The first arm whose condition holds; the last one has none.
    Choose(Vec<(Option<Expr>, Ladder)>),
}

/// One model call, typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// Its parameters.
    pub params: Vec<Param>,
    /// What it answers.
    pub result: Ty,
    /// What is asked before the ladder is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Asks>,
    /// Who answers.
    pub ladder: Ladder,
    /// Who answers instead where a ceiling is reached: the rungs of each ceiling that this step can be under.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<Vec<TierId>>,
    /// Whether the answer is good enough: a `Bool` over the parameters and [`Step::it`].
    pub accept: Option<Body>,
    /// Where the answer is while `accept` is evaluated.
    pub it: Slot,
    /// How often a failed request is sent again, over the whole step.
    pub retry: u64,
    /// How often an invalid answer is sent back with its error, over the whole step.
    pub repair: u64,
    /// How many turns a conversation with tools may take.
    pub turns: u64,
    /// What of a conversation is sent again.
    pub keep: Keep,
    /// The tools it may call, and how often each.
    pub tools: Vec<(ToolId, u64)>,
    /// The system message.
    pub system: Option<Template>,
    /// The prompt. Holds one [`Part::Format`] where `format` is present.
    pub prompt: Template,
    /// The instructions for the output format; absent for `Text` results and `format none`.
    pub format: Option<String>,
    /// `input <=`: the cap on a rendered request in tokens.
    pub input: Option<u64>,
    /// `output <=`: the cap on an answer in tokens; absent: the size of the result, encoded.
    pub output: Option<u64>,
    /// `think <=`: tokens on top of the answer.
    pub think: u64,
    /// `time <=`: for one attempt; absent: the model's.
    pub time_ms: Option<u64>,
    /// How long an answer may be given again; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// How soon an answer is needed.
    #[serde(default, skip_serializing_if = "Class::is_interactive")]
    pub class: Class,
}

/// What of a conversation is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// Every turn.
    All,
    /// The last few turns, each with its tool results.
    Last(u64),
    /// The last turns that fit in this many tokens.
    Tokens(u64),
}

/// A place where an embedding model reads one text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// What it is called in reports: `classify Topic`, `embed`.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Who reads.
    pub tier: TierId,
    /// The size of the text.
    pub text: TextSize,
    /// What becomes of it.
    pub into: EmbeddingInto,
}

/// What becomes of an embedded text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddingInto {
    /// A [`Ty::Vector`].
    Vector,
    /// The variant whose label is nearest. The labels are read in the same request, after the text.
    Label {
        /// The enum.
        labels_of: EnumId,
        /// One label for each variant in order: its name in words, and its documentation.
        labels: Vec<String>,
    },
}

/// A tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its documentation, which reaches the model.
    pub docs: String,
    /// Where it is declared.
    pub place: Place,
    /// Its parameters.
    pub params: Vec<Param>,
    /// What it returns.
    pub result: Ty,
    /// What does the work.
    pub source: ToolSource,
    /// What it does to the world.
    pub effect: Effect,
    /// The parameters whose repetition in a run, all of them equal, returns the first result; empty: every call is made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub once_per: Vec<u32>,
    /// How long a result may be given again; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_ms: Option<u64>,
    /// Dollars per call.
    pub price: Money,
    /// The longest a call may take.
    pub time_ms: u64,
    /// What is decided before every call.
    pub gate: Option<Gate>,
}

/// What does the work of a tool. Expressions here are over the parameters and may read the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolSource {
    /// A request with the arguments as a JSON object (`GET`: as a query). The answer's body is the result as JSON.
    Http {
        /// `GET`, `POST`, …
        method: String,
        /// The address.
        url: Expr,
    },
    /// A program with the arguments as a JSON object on its input. Its output is the result as JSON, or plain text for `Text`.
    Exec {
        /// The program and its arguments; no shell.
        command: Vec<Expr>,
    },
    /// A tool of a server.
    Mcp {
        /// The server.
        server: ServerId,
        /// What the server calls the tool.
        tool: String,
    },
    /// The pieces of an index that are nearest to what is looked for.
    Index {
        /// The index.
        index: IndexId,
        /// The reading of what is looked for; it is part of every call.
        query: EmbeddingId,
    },
}

/// What a tool does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing.
    Read,
    /// Changes something.
    Write,
    /// Moves money.
    Money,
    /// Sends something to somebody.
    Send,
}

/// What is decided before every call of a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// A `Bool` over the tool's parameters.
    pub open: Body,
    /// What happens where it is closed.
    pub otherwise: GateElse,
}

/// What happens at a closed gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateElse {
    /// A value instead of the tool's.
    Value(Expr),
    /// The model is told; a flow gets [`Reason::Denied`].
    Deny,
    /// The run waits for a person.
    Approve {
        /// Who may open it.
        role: String,
        /// How long the run waits.
        within_ms: u64,
    },
}

/// A flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub docs: String,
    /// Where it is declared.
    pub place: Place,
    /// Whether others may call it.
    pub public: bool,
    /// Its parameters.
    pub params: Vec<Param>,
    /// What it returns.
    pub result: Ty,
    /// Its budget; absent where none was written.
    pub budget: Option<Vec<Limit>>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The ceilings over many runs that it is held to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub under: Vec<CeilingId>,
    /// What it promises of many runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slo: Vec<Promise>,
    /// What makes a run a success, and is known only later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What it does.
    pub body: Body,
}

/// A limit in one dimension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// What is limited.
    pub dimension: Dimension,
    /// To how much: nano-dollars, counts, tokens or milliseconds.
    pub amount: u64,
    /// Where it is written.
    pub place: Place,
}

/// Nodes, and the value that is there when all of them have finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// The nodes, in an order in which each stands after all it needs.
    pub nodes: Vec<Node>,
    /// The value; `null` for a body that is run for its effects.
    pub value: Expr,
}

/// One thing to do. It starts when everything it needs has finished; what it makes is in its slot from then on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Where its value will be. Slots are unique within a flow, nested bodies included.
    pub slot: Slot,
    /// The `let` or `var` that holds the value, where it stands directly in a flow: what a run that was cut short shows as
    /// already made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The nodes *of the same body* that must have finished: those whose values it reads, at any depth inside it, and those
    /// that must come first because one of the two is control (`return`, `break`, `skip`, `escalate`, an assignment, or a
    /// node with one of them inside that can leave it).
    pub needs: Vec<Slot>,
    /// Where it stands.
    pub place: Place,
    /// What it does.
    pub kind: NodeKind,
}

impl Node {
    /// The bodies directly inside of it, in their order.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        let (arms, first, second): (&[Arm], Option<&Body>, Option<&Body>) = match &self.kind {
            NodeKind::Choose(arms) => (arms, None, None),
            NodeKind::Each { body, .. } | NodeKind::Loop { body, .. } => (&[], Some(body), None),
            NodeKind::Attempt { body, handler } => (&[], Some(body), Some(handler)),
            NodeKind::Value(_)
            | NodeKind::Step(..)
            | NodeKind::Embedding(..)
            | NodeKind::Tool(..)
            | NodeKind::Flow { .. }
            | NodeKind::Assign(..)
            | NodeKind::Ask(_)
            | NodeKind::Signal(_) => (&[], None, None),
        };
        arms.iter().map(|arm| &arm.body).chain(first).chain(second)
    }
}

/// What a node does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// Evaluates an expression.
    Value(Expr),
    /// Calls a step.
    Step(StepId, Vec<Expr>),
    /// Has a text embedded or classified.
    Embedding(EmbeddingId, Expr),
    /// Calls a tool, through its gate.
    Tool(ToolId, Vec<Expr>),
    /// Calls a flow.
    Flow {
        /// Which.
        flow: FlowId,
        /// With what.
        args: Vec<Expr>,
        /// The caller's tighter limits.
        within: Vec<Limit>,
    },
    /// `if` and `match`: the first arm whose condition holds. Where no condition holds and no arm is without one, `null`.
    Choose(Vec<Arm>),
    /// A list, element by element; the value is the list of the bodies' values, in order, without those that skipped.
    Each {
        /// The list.
        list: Expr,
        /// Where the element is.
        element: Slot,
        /// The greatest length of the list.
        most: u64,
        /// How many at once; at least 1.
        parallel: u64,
        /// What is done for each.
        body: Body,
    },
    /// Repeats until a `break` or the cap.
    Loop {
        /// How often at most.
        most: u64,
        /// What is repeated.
        body: Body,
    },
    /// `x else y`: where the body fails, the handler. Signals are not failures and pass through.
    Attempt {
        /// What may fail.
        body: Body,
        /// What happens then.
        handler: Body,
    },
    /// Gives a `var` its next value; the `var` is the slot of a [`NodeKind::Value`] of this body or one around it.
    Assign(Slot, Expr),
    /// Asks a person.
    Ask(Box<Ask>),
    /// Leaves the body.
    Signal(Leave),
}

/// One way that a [`NodeKind::Choose`] can go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// When; absent: otherwise.
    pub when: Option<Expr>,
    /// What the pattern names, evaluated before the body.
    pub binds: Vec<(Slot, Expr)>,
    /// What is done then.
    pub body: Body,
}

/// How a body is left before its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leave {
    /// Ends the loop.
    Break,
    /// Drops the element of the `each`.
    Skip,
    /// Ends the flow with a value.
    Return(Expr),
    /// Ends the run with a reason and whatever was already made.
    Escalate {
        /// Why, as text.
        reason: Expr,
        /// To whom.
        to: Option<String>,
    },
}

/// Why something failed: the closed set of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reason {
    /// The answer is not of its type, also after every repair.
    Invalid,
    /// The answer reached the output cap before its end.
    Truncated,
    /// The model refused.
    Refused,
    /// A gate was closed.
    Denied,
    /// No rung gave an acceptable answer.
    NotAccepted,
    /// The request is larger than its ceiling; nothing was sent.
    TooLong,
    /// A budget or cap is used up; nothing was sent.
    Exhausted,
    /// No answer in time.
    Timeout,
    /// The provider could not be reached or could not serve.
    Unavailable,
    /// A tool failed.
    ToolFailed,
    /// Something else, said in the detail.
    Unknown,
}

impl Reason {
    /// All of them.
    pub const ALL: [Reason; 11] = [
        Reason::Invalid,
        Reason::Truncated,
        Reason::Refused,
        Reason::Denied,
        Reason::NotAccepted,
        Reason::TooLong,
        Reason::Exhausted,
        Reason::Timeout,
        Reason::Unavailable,
        Reason::ToolFailed,
        Reason::Unknown,
    ];

    /// The word of the language for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Reason::Invalid => "Invalid",
            Reason::Truncated => "Truncated",
            Reason::Refused => "Refused",
            Reason::Denied => "Denied",
            Reason::NotAccepted => "NotAccepted",
            Reason::TooLong => "TooLong",
            Reason::Exhausted => "Exhausted",
            Reason::Timeout => "Timeout",
            Reason::Unavailable => "Unavailable",
            Reason::ToolFailed => "ToolFailed",
            Reason::Unknown => "Unknown",
        }
    }
}

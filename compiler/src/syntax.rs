//! The tree of one file, as it was written. In: tokens. Out of the parser: this, with error nodes where text was not understood.
//!
//! Every node knows its place. Nothing here is resolved, checked or serialised.

mod computed;
mod exam;
pub mod shape;
mod standing;

pub use computed::{Computed, ConstDecl};
pub use exam::{EvalClause, EvalClauseKind, EvalDecl, Given, GivenKind, TestClause, TestClauseKind, TestDecl, Times};
pub use standing::{Ask, Cache, CeilingDecl, CeilingLimit, CeilingOver, Class, IndexDecl, Like, Outcome, Promise, Slo};

use crate::source::{SourceId, Span};

/// A name and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// As written.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// One file: a module.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// The text it was read from.
    pub source: SourceId,
    /// `//!` documentation of the module.
    pub docs: String,
    /// `use` lines and declarations in their order.
    pub items: Vec<Item>,
}

/// A declaration at the top of a file.
#[derive(Clone, Debug)]
pub struct Item {
    /// `///` documentation above it.
    pub docs: String,
    /// The `pub` before it, where there is one.
    pub public: Option<Span>,
    /// From its first word to its last.
    pub span: Span,
    /// What it declares.
    pub kind: ItemKind,
}

impl Item {
    /// The name it declares; `None` for imports and for what was not understood.
    #[must_use]
    pub fn name(&self) -> Option<&Name> {
        match &self.kind {
            ItemKind::Type(decl) => Some(&decl.name),
            ItemKind::Enum(decl) => Some(&decl.name),
            ItemKind::Alias(decl) => Some(&decl.name),
            ItemKind::Tier(decl) => Some(&decl.name),
            ItemKind::Route(decl) => Some(&decl.name),
            ItemKind::Step(decl) => Some(&decl.name),
            ItemKind::Tool(decl) => Some(&decl.name),
            ItemKind::Flow(decl) => Some(&decl.name),
            ItemKind::Index(decl) => Some(&decl.name),
            ItemKind::Ceiling(decl) => Some(&decl.name),
            ItemKind::Const(decl) => Some(&decl.name),
            ItemKind::Use(_) | ItemKind::Test(_) | ItemKind::Eval(_) | ItemKind::Error => None,
        }
    }
}

/// What an item declares.
#[derive(Clone, Debug)]
pub enum ItemKind {
    /// `use kb { search, Passage }`
    Use(Use),
    /// `type Ticket { … }`
    Type(TypeDecl),
    /// `enum Topic { … }`
    Enum(EnumDecl),
    /// `alias Draft = Text<=700tok`
    Alias(AliasDecl),
    /// `tier mid = openai("gpt-5-mini") | azure("gpt-5-mini")`
    Tier(TierDecl),
    /// `route answering(topic: Topic) { … }`
    Route(RouteDecl),
    /// `step solve(q: Question) -> Answer { … }`
    Step(StepDecl),
    /// `tool search(query: Text<=32tok) -> Passage[<=4] { … }`
    Tool(ToolDecl),
    /// `flow desk(t: Ticket) -> Draft { … }`
    Flow(FlowDecl),
    /// `index help = files("./help/**/*.md", chunk <= 200tok) by reader`
    Index(IndexDecl),
    /// `ceiling support { cost <= $500 per 1d }`
    Ceiling(CeilingDecl),
    /// `const max_turns = 6`
    Const(ConstDecl),
    /// `test "…" { … }`
    Test(TestDecl),
    /// `eval desk over "cases/*.json" { … }`
    Eval(EvalDecl),
    /// Not understood; said once by the parser, silent from here on.
    Error,
}

/// `use shared.kb { search, Passage }`, `use std.judge { judge } with model = small`
#[derive(Clone, Debug)]
pub struct Use {
    /// `shared`, `kb`
    pub path: Vec<Name>,
    /// The imported names.
    pub names: Vec<Name>,
    /// What is put in the place of tiers and constants of the module.
    pub with: Vec<Binding>,
}

/// `model = small`, `size = 2 * note`
#[derive(Clone, Debug)]
pub struct Binding {
    /// The tier or the constant of the module.
    pub name: Name,
    /// What it is for this import: the name of a tier or an amount, both as the importing file knows them.
    pub value: Literal,
}

/// A closed record.
#[derive(Clone, Debug)]
pub struct TypeDecl {
    /// Its name.
    pub name: Name,
    /// Its fields in order.
    pub fields: Vec<Field>,
}

/// A field of a record or of a variant, or a parameter.
#[derive(Clone, Debug)]
pub struct Field {
    /// `///` documentation above it.
    pub docs: String,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
}

/// An enumeration.
#[derive(Clone, Debug)]
pub struct EnumDecl {
    /// Its name.
    pub name: Name,
    /// Its variants in order.
    pub variants: Vec<Variant>,
}

/// One variant, with or without fields.
#[derive(Clone, Debug)]
pub struct Variant {
    /// `///` documentation above it.
    pub docs: String,
    /// Its name.
    pub name: Name,
    /// Its fields; empty for a plain variant.
    pub fields: Vec<Field>,
}

/// Another name for a type.
#[derive(Clone, Debug)]
pub struct AliasDecl {
    /// The new name.
    pub name: Name,
    /// What it stands for.
    pub ty: TypeExpr,
}

/// A type as written.
#[derive(Clone, Debug)]
pub struct TypeExpr {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: TypeKind,
}

/// The shapes of types as written.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// `Bool`, `Ticket`; also `Text` and `Int` without the size they need, which the checker says.
    Name(Name),
    /// `Text<=64tok`, `Usd<=$50`, `Json<=400tok`
    Bounded {
        /// The type in front of `<=`.
        base: Name,
        /// The literal behind it.
        cap: Literal,
    },
    /// `Int in 0..100`, both ends included.
    Range {
        /// The type in front of `in`.
        base: Name,
        /// The least value.
        low: Literal,
        /// The greatest value.
        high: Literal,
    },
    /// `T[<=8]` (`low` absent), `T[2..5]`; `T[]` has neither.
    List {
        /// What it holds.
        element: Box<TypeExpr>,
        /// The least length.
        low: Option<Literal>,
        /// The greatest length.
        high: Option<Literal>,
    },
    /// `T?`
    Optional(Box<TypeExpr>),
    /// Not understood.
    Error,
}

/// A literal and its place. Signs are part of it: `-3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: LiteralKind,
}

/// The kinds of literals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiteralKind {
    /// `42`, `1_000`, `-3`
    Int(i64),
    /// `0.7`, as written, without `_`
    Decimal(String),
    /// `$0.02`, in dollars as written without the sign and `_`
    Dollars(String),
    /// `600tok`, `250ms`, `95%`
    Quantity(u64, Unit),
    /// `"text"` or `"""block"""`, unescaped and dedented
    Text(String),
    /// `true`, `false`
    Bool(bool),
    /// `null`
    Null,
    /// `note`, `2 * note + 40tok`: made of constants; only where a cap, a size, a length or a price stands, and in `const`.
    Computed(Box<Computed>),
    /// Not understood or out of range; the lexer has said so.
    Error,
}

/// Units of quantities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// `tok`
    Tokens,
    /// `char`
    Chars,
    /// `kb`: 1,024 bytes
    Kilobytes,
    /// `ms`
    Millis,
    /// `s`
    Seconds,
    /// `m`
    Minutes,
    /// `h`
    Hours,
    /// `d`
    Days,
    /// `%`
    Percent,
}

/// A cap behind `<=`.
pub type Cap = Literal;

/// `tier small = local("…") | …`
#[derive(Clone, Debug)]
pub struct TierDecl {
    /// Its name.
    pub name: Name,
    /// The models, each tried when the one before it failed.
    pub models: Vec<ModelRef>,
}

/// `openai("gpt-5-mini")`, `model("house-llama")`
#[derive(Clone, Debug)]
pub struct ModelRef {
    /// `openai`, `local`, `model`, …
    pub provider: Name,
    /// The name of the model.
    pub model: Name,
    /// The whole of it.
    pub span: Span,
}

/// `route answering(topic: Topic, plan: Plan) { … }`
#[derive(Clone, Debug)]
pub struct RouteDecl {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Field>,
    /// Its arms in order.
    pub arms: Vec<RouteArm>,
}

/// `topic is Legal => frontier`
#[derive(Clone, Debug)]
pub struct RouteArm {
    /// The condition; `None` for `_`.
    pub when: Option<Expr>,
    /// Who answers then.
    pub ladder: Ladder,
    /// The whole arm.
    pub span: Span,
}

/// Who answers a step.
#[derive(Clone, Debug)]
pub enum Ladder {
    /// `small -> mid -> frontier`: tiers, each asked when the answer of the one before it was not accepted.
    Rungs(Vec<Name>),
    /// `answering(q.topic, q.plan)`
    Route {
        /// The route.
        name: Name,
        /// What it is asked with.
        args: Vec<Expr>,
    },
    /// `match q.topic { Legal => frontier, _ => small -> mid }`
    Match {
        /// What is looked at.
        value: Expr,
        /// The arms in order.
        arms: Vec<(Pattern, Ladder)>,
        /// The whole of it.
        span: Span,
    },
    /// Not understood.
    Error,
}

/// `step solve(q: Question) -> Answer { … }`
#[derive(Clone, Debug)]
pub struct StepDecl {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Field>,
    /// What it answers.
    pub result: Option<TypeExpr>,
    /// Its clauses in order.
    pub clauses: Vec<StepClause>,
    /// The prompt; `None` where it is missing, which the checker says.
    pub prompt: Option<Template>,
}

/// A clause of a step and its place.
#[derive(Clone, Debug)]
pub struct StepClause {
    /// The whole clause.
    pub span: Span,
    /// What it says.
    pub kind: StepClauseKind,
}

/// The clauses of a step.
#[derive(Clone, Debug)]
pub enum StepClauseKind {
    /// `on small -> mid`
    On(Ladder),
    /// `accept .sure >= 0.6`
    Accept(Expr),
    /// `retry <= 1`
    Retry(Cap),
    /// `repair <= 1`
    Repair(Cap),
    /// `input <= 2800tok`
    Input(Cap),
    /// `output <= 350tok`
    Output(Cap),
    /// `think <= 1024tok`
    Think(Cap),
    /// `time <= 20s`
    Time(Cap),
    /// `turns <= 4, keep last 2`
    Turns {
        /// The cap.
        cap: Cap,
        /// What is sent again; absent: all.
        keep: Option<Keep>,
    },
    /// `tools search <= 2, refund <= 1`
    Tools(Vec<(Name, Cap)>),
    /// `system """…"""`
    System(Template),
    /// `format none`
    FormatNone,
    /// `cache for 7d`
    Cache(Cache),
    /// `class interactive`
    Class(Class),
    /// Not understood.
    Error,
}

/// How much of a conversation is sent again.
#[derive(Clone, Debug)]
pub enum Keep {
    /// `keep all`
    All,
    /// `keep last 2`
    Last(Literal),
    /// `keep <= 800tok`
    Tokens(Literal),
}

/// A prompt: text with holes.
#[derive(Clone, Debug)]
pub struct Template {
    /// From the opening quotes to the closing ones.
    pub span: Span,
    /// Its parts in order. Text is dedented, and tags alone on their line have taken their line with them.
    pub parts: Vec<TemplatePart>,
}

/// A part of a prompt.
#[derive(Clone, Debug)]
pub enum TemplatePart {
    /// Fixed text.
    Text(String),
    /// `{q.ask}`
    Hole(Expr),
    /// `{raw q.ask}`: shown without the marks around data.
    Raw(Expr),
    /// `{each p in xs} … {end}`
    Each {
        /// What an element is called.
        binder: Name,
        /// What is gone through.
        list: Expr,
        /// `fit 2000tok by priority`, where it is written.
        fit: Option<Fit>,
        /// Repeated for each.
        body: Vec<TemplatePart>,
    },
    /// `{if c} … {else} … {end}`
    If {
        /// The condition.
        condition: Expr,
        /// Where it holds.
        then: Vec<TemplatePart>,
        /// Where it does not.
        otherwise: Vec<TemplatePart>,
    },
    /// `{format}`: where the instructions for the output format go.
    Format(Span),
}

/// `fit 2000tok by priority`: which elements are left out until the rest is small enough.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The size.
    pub cap: Cap,
    /// The field of an element; those with the least of it go first.
    pub by: Name,
}

/// `tool search(query: Text<=32tok) -> Passage[<=4] { … }`
#[derive(Clone, Debug)]
pub struct ToolDecl {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Field>,
    /// What it returns.
    pub result: Option<TypeExpr>,
    /// Its clauses in order.
    pub clauses: Vec<ToolClause>,
}

/// A clause of a tool and its place.
#[derive(Clone, Debug)]
pub struct ToolClause {
    /// The whole clause.
    pub span: Span,
    /// What it says.
    pub kind: ToolClauseKind,
}

/// The clauses of a tool.
#[derive(Clone, Debug)]
pub enum ToolClauseKind {
    /// `from http("POST", "https://…")`, `from exec("./bin/x", "--flag")`, `from mcp("help-centre").search`, `from index(help)`
    From {
        /// `http`, `exec`, `mcp`, `index`
        kind: Name,
        /// Its arguments.
        args: Vec<Expr>,
        /// `search`: the tool of a server.
        member: Option<Name>,
    },
    /// `effect money, once per order`
    Effect {
        /// `read`, `write`, `money` or `send`
        effect: Name,
        /// The parameters whose repetition returns the first result; empty where every call counts.
        once_per: Vec<Name>,
    },
    /// `price $0.0005`
    Price(Literal),
    /// `time <= 2s`
    Time(Cap),
    /// `gate amount <= $20 else approve("support-lead", within 4h)`
    Gate {
        /// When the call may happen.
        open: Expr,
        /// What happens when it may not.
        otherwise: GateElse,
    },
    /// `cache for 1h`
    Cache(Literal),
    /// Not understood.
    Error,
}

/// What happens at a closed gate.
#[derive(Clone, Debug)]
pub enum GateElse {
    /// A value instead of the tool's.
    Value(Expr),
    /// `deny`
    Deny(Span),
    /// `approve("support-lead", within 4h)`
    Approve {
        /// Who may open it.
        role: Literal,
        /// How long the run waits.
        within: Cap,
        /// The whole of it.
        span: Span,
    },
    /// Not understood.
    Error,
}

/// `pub flow desk(t: Ticket) -> Draft { … }`
#[derive(Clone, Debug)]
pub struct FlowDecl {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Field>,
    /// What it returns.
    pub result: Option<TypeExpr>,
    /// `budget cost <= $0.20, calls <= 32`, where there is one
    pub budget: Option<Budget>,
    /// `owner "support-platform"`, where there is one
    pub owner: Option<Literal>,
    /// `under support`: the ceilings that it is held to
    pub under: Vec<Name>,
    /// `slo p95(time) <= 8s`, where there is one
    pub slo: Option<Slo>,
    /// `outcome resolved within 7d`, where there is one
    pub outcome: Option<Outcome>,
    /// What it does.
    pub body: Block,
}

/// Limits by dimension, as `budget` and `within` write them.
#[derive(Clone, Debug)]
pub struct Budget {
    /// The whole of it.
    pub span: Span,
    /// `cost <= $0.20`: the dimension's word and its cap.
    pub limits: Vec<(Name, Cap)>,
}

/// `{ … }`: statements in order; where the last one is an expression, it is the block's value.
#[derive(Clone, Debug)]
pub struct Block {
    /// From brace to brace.
    pub span: Span,
    /// The statements.
    pub statements: Vec<Statement>,
}

/// A statement and its place.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The whole of it.
    pub span: Span,
    /// What it does.
    pub kind: StatementKind,
}

/// The statements.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// `let answers = …`
    Let {
        /// The new name.
        name: Name,
        /// Its type, where it is written.
        ty: Option<TypeExpr>,
        /// Its value.
        value: Expr,
    },
    /// `var draft: Draft = …`
    Var {
        /// The new name.
        name: Name,
        /// Its type, where it is written.
        ty: Option<TypeExpr>,
        /// Its first value.
        value: Expr,
    },
    /// `draft = mend(draft)`
    Assign {
        /// The `var`.
        name: Name,
        /// Its next value.
        value: Expr,
    },
    /// `loop <= 2 { … }`; the cap is absent where it was not written, which the checker says.
    Loop {
        /// How often at most.
        cap: Option<Cap>,
        /// What is repeated.
        body: Block,
    },
    /// `check not empty(draft) else escalate("…")`
    Check {
        /// What must hold.
        condition: Expr,
        /// What happens where it does not.
        otherwise: Expr,
    },
    /// `return draft`
    Return(Option<Expr>),
    /// An expression for its effect, or the value of the block.
    Expr(Expr),
    /// Not understood.
    Error,
}

/// An expression and its place.
#[derive(Clone, Debug)]
pub struct Expr {
    /// The whole of it.
    pub span: Span,
    /// What.
    pub kind: ExprKind,
}

/// The expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `42`, `"text"`, `$0.02`
    Literal(Literal),
    /// `draft`, `Legal`, `it`
    Name(Name),
    /// `.sure`: short for `it.sure`
    ItField(Name),
    /// `t.body`
    Field(Box<Expr>, Name),
    /// `x[0]`
    Index(Box<Expr>, Box<Expr>),
    /// `x[..3]`
    Slice {
        /// The list or text.
        value: Box<Expr>,
        /// The first kept; absent: from the start.
        from: Option<Literal>,
        /// The first not kept; absent: to the end.
        to: Option<Literal>,
    },
    /// `solve(q)`, `len(xs)`, `all(answers, .cites is not empty)`
    Call {
        /// What is called.
        name: Name,
        /// With what.
        args: Vec<Expr>,
    },
    /// `Ticket { subject: "…", body: b }`, `Refund { amount: $3 }`
    Record {
        /// The record type or the variant.
        name: Name,
        /// Its fields as written.
        fields: Vec<(Name, Expr)>,
    },
    /// `[a, b]`
    List(Vec<Expr>),
    /// `not x`, `-x`
    Unary(UnaryOp, Box<Expr>),
    /// `a and b`, `a <= b`, `a + b`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `topic is Legal`, `cites is not empty`, `x is null`
    Is {
        /// What is looked at.
        value: Box<Expr>,
        /// `is not`
        negated: bool,
        /// What it may be.
        pattern: Pattern,
    },
    /// `topic in [Bug, HowTo]`
    In {
        /// What is looked for.
        value: Box<Expr>,
        /// `not in`
        negated: bool,
        /// Where.
        list: Box<Expr>,
    },
    /// `x cut 60tok`
    Cut {
        /// The text.
        value: Box<Expr>,
        /// The size to keep, from its head.
        cap: Cap,
    },
    /// `xs fit 2000tok by priority`
    Fit {
        /// The list.
        value: Box<Expr>,
        /// How it is made to fit.
        fit: Fit,
    },
    /// `load "tickets/a.json"`, in a test
    Load(Literal),
    /// `x else y`
    Else {
        /// What may fail.
        attempt: Box<Expr>,
        /// What happens then.
        handler: Box<Expr>,
    },
    /// `if c { … } else { … }`
    If {
        /// The condition.
        condition: Box<Expr>,
        /// Where it holds.
        then: Block,
        /// Where it does not: a block or another `if`.
        otherwise: Option<Box<Expr>>,
    },
    /// `match topic { Billing => …, _ => … }`
    Match {
        /// What is looked at.
        value: Box<Expr>,
        /// The arms in order.
        arms: Vec<(Pattern, Expr)>,
    },
    /// `each q in questions, parallel <= 3 { … }`
    Each {
        /// What an element is called.
        binder: Name,
        /// The list.
        list: Box<Expr>,
        /// How many at once; absent: one after the other.
        parallel: Option<Cap>,
        /// What is done for each.
        body: Block,
    },
    /// `{ … }`
    Block(Block),
    /// `escalate("reason", to: "role")`
    Escalate {
        /// Why.
        reason: Box<Expr>,
        /// To whom.
        to: Option<Box<Expr>>,
    },
    /// `skip`
    Skip,
    /// `break`
    Break,
    /// `return x` where an expression stands, as in `else return x`
    Return(Option<Box<Expr>>),
    /// `classify(text, into: Topic) by minilm`
    Classify {
        /// What is classified.
        text: Box<Expr>,
        /// The enum of labels.
        into: Name,
        /// The tier of an embedding model.
        by: Name,
    },
    /// `embed(text) by minilm`
    Embed {
        /// What is embedded.
        text: Box<Expr>,
        /// The tier of an embedding model.
        by: Name,
    },
    /// `ask person("support-lead", within 4h) -> Bool "Is it urgent? {t.body}"`
    Ask(Box<Ask>),
    /// `desk(t) within cost <= $0.05`
    Within {
        /// The call.
        call: Box<Expr>,
        /// Its tighter limits.
        limits: Budget,
    },
    /// `search(q.ask) when topic in [Bug, HowTo] else []`
    When {
        /// The call.
        call: Box<Expr>,
        /// When it happens.
        condition: Box<Expr>,
        /// The value where it does not.
        otherwise: Box<Expr>,
    },
    /// Not understood.
    Error,
}

/// Operators in front of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `not`
    Not,
    /// `-`
    Negate,
}

/// Operators between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`: numbers, money; joins texts
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
}

/// What a value may be.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: PatternKind,
}

/// The patterns.
#[derive(Clone, Debug)]
pub enum PatternKind {
    /// `_`
    Any,
    /// `Legal`, `Refund { amount }`
    Variant {
        /// The variant.
        name: Name,
        /// The fields taken out of it, under their own names.
        fields: Vec<Name>,
    },
    /// `3`, `"x"`, `true`, `null`
    Literal(Literal),
    /// `empty`, after `is` and `is not`
    Empty(Span),
    /// Not understood.
    Error,
}

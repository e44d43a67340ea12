//! Rules of the bound, each broken once on purpose. In: the name of a rule. Out: whether it is broken now.
//!
//! A test that proves a bound proves something about itself too: that it would have noticed. With the feature `mutants` one rule at
//! a time can be broken in a thread, and the properties of `tests/tests/soundness` have to find out. Without it, [`rule`] is its
//! first argument and nothing else.

/// A rule, by how it is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mutant {
    /// An attempt is priced at the plain input rate, not at the dearest one.
    InputIsCheap,
    /// Long requests are priced like short ones.
    LongContextForgotten,
    /// The price per call is left out.
    RequestPriceForgotten,
    /// An attempt is rounded down.
    RoundedDown,
    /// Output tokens cost nothing.
    OutputIsFree,
    /// Texts in JSON need no escapes.
    EscapesForgotten,
    /// The keys of JSON are left out.
    KeysForgotten,
    /// A list has one element less.
    ListOneShort,
    /// An enum is as long as its first variant.
    ShortestVariant,
    /// A number is one digit.
    DigitsForgotten,
    /// The system message is left out.
    SystemForgotten,
    /// Holes of a prompt are empty.
    HolesForgotten,
    /// A repeated part of a prompt stands once.
    EachPartOnce,
    /// A part of a prompt is always the first of two.
    IfPartIsThen,
    /// The instructions for the format are left out.
    FormatForgotten,
    /// The descriptions of tools are left out.
    ToolSchemasForgotten,
    /// The schema of the answer is left out.
    AnswerSchemaForgotten,
    /// The overheads of the catalogue are left out.
    OverheadsForgotten,
    /// As many turns as calls, and none for the answer.
    TurnsWithoutTheLast,
    /// As many turns as written, however few calls there are.
    TurnsUncapped,
    /// Earlier turns are not sent again.
    HistoryForgotten,
    /// Earlier answers are not sent again.
    AnswersForgotten,
    /// Results of tools are not sent again.
    ResultsForgotten,
    /// The results come one a turn, none of them early.
    ResultsLate,
    /// What a model is told instead of a result is left out.
    NoteForgotten,
    /// An earlier message has no overhead.
    MessageForgotten,
    /// The note of a repair is left out.
    RepairNoteForgotten,
    /// A repair does not carry the bad answer.
    RepairKeepsNothing,
    /// Every repair is as large as the first one.
    RepairsDoNotGrow,
    /// An answer has no room for calls of tools that are longer than a result.
    CallsTakeNoRoom,
    /// Thinking is left out.
    ThinkForgotten,
    /// Thinking is sent again in later turns.
    ThinkIsSentAgain,
    /// The last turn carries the descriptions of tools.
    LastTurnOffersTools,
    /// A window keeps one turn less.
    WindowOneShort,
    /// A window keeps everything.
    WindowIgnored,
    /// `time` of a step is not its time.
    TimeIgnored,
    /// A retry costs nothing.
    RetryIsFree,
    /// One retry less is counted.
    RetryOneShort,
    /// A retry repeats everything before it.
    RetryEverything,
    /// A ladder does not climb.
    FirstRungOnly,
    /// A ladder begins at its end.
    LastRungOnly,
    /// Repairs are left out.
    RepairsForgotten,
    /// A model that stands in costs nothing.
    StandInIsFree,
    /// A model that stands in has the first turn again.
    StandInBeginsAgain,
    /// The labels of a classification are not read.
    LabelsForgotten,
    /// No reader stands in.
    FirstReaderOnly,
    /// Of several ways to end alike the first is counted.
    FirstWayOnly,
    /// A loop has one round less.
    LoopOneShort,
    /// An `each` has one element less.
    EachOneShort,
    /// The last round of an `each` that is not full takes no time.
    EachRoundsDown,
    /// Nothing waits for anything.
    OrderForgotten,
    /// What is done after a failure costs nothing.
    HandlerIsFree,
    /// What fails costs nothing.
    FailureIsFree,
    /// Of an `if` or `match` the first arm is counted.
    FirstArmOnly,
    /// Of a route the first arm is counted.
    FirstRouteOnly,
    /// A flow that is called takes nothing.
    FlowIsFree,
    /// A caller that limits one dimension pays for no other.
    WithinIsAll,
    /// A judgement costs nothing.
    JudgeIsFree,
    /// Tools and judgements are counted for the first rung.
    OneConversationOnly,
    /// The tools that a model calls take nothing.
    ToolsForgotten,
    /// The calls of all turns are made at the same time.
    ToolsWaitOnce,
    /// Nobody waits before a request is sent again.
    BackoffForgotten,
    /// A tool has no price.
    ToolPriceForgotten,
    /// A tool takes no time.
    ToolTimeForgotten,
    /// A call of a tool is not counted.
    ToolNotCounted,
    /// The decision of a gate costs nothing.
    GateIsFree,
    /// A person at a gate answers at once.
    ApprovalIsInstant,
    /// A person who is asked answers at once.
    PersonIsInstant,
    /// What a route asks costs nothing.
    ClassifierIsFree,
    /// Looking for a request that is nearly the same costs nothing.
    LikenessIsFree,
    /// A request that is nearly the same is always found.
    CacheAlwaysHits,
    /// An attempt in the background does not wait.
    WindowForgotten,
    /// What is looked for in an index is not read.
    IndexIsFree,
    /// Tiers that answer under a reached ceiling are left out.
    OverForgotten,
    /// Elements that were left out to fit leave nothing.
    FitCountsNothing,
    /// A history of so many tokens is none.
    KeptTokensForgotten,
    /// An embedding model reads no text.
    TextNotRead,
    /// A request is as long as it can be, also where a shorter one is dearer.
    ShortIsNeverDearer,
}

impl Mutant {
    /// Every one.
    pub const ALL: &[Mutant] = &[
        Mutant::InputIsCheap,
        Mutant::LongContextForgotten,
        Mutant::RequestPriceForgotten,
        Mutant::RoundedDown,
        Mutant::OutputIsFree,
        Mutant::EscapesForgotten,
        Mutant::KeysForgotten,
        Mutant::ListOneShort,
        Mutant::ShortestVariant,
        Mutant::DigitsForgotten,
        Mutant::SystemForgotten,
        Mutant::HolesForgotten,
        Mutant::EachPartOnce,
        Mutant::IfPartIsThen,
        Mutant::FormatForgotten,
        Mutant::ToolSchemasForgotten,
        Mutant::AnswerSchemaForgotten,
        Mutant::OverheadsForgotten,
        Mutant::TurnsWithoutTheLast,
        Mutant::TurnsUncapped,
        Mutant::HistoryForgotten,
        Mutant::AnswersForgotten,
        Mutant::ResultsForgotten,
        Mutant::ResultsLate,
        Mutant::NoteForgotten,
        Mutant::MessageForgotten,
        Mutant::RepairNoteForgotten,
        Mutant::RepairKeepsNothing,
        Mutant::RepairsDoNotGrow,
        Mutant::CallsTakeNoRoom,
        Mutant::ThinkForgotten,
        Mutant::ThinkIsSentAgain,
        Mutant::LastTurnOffersTools,
        Mutant::WindowOneShort,
        Mutant::WindowIgnored,
        Mutant::TimeIgnored,
        Mutant::RetryIsFree,
        Mutant::RetryOneShort,
        Mutant::RetryEverything,
        Mutant::FirstRungOnly,
        Mutant::LastRungOnly,
        Mutant::RepairsForgotten,
        Mutant::StandInIsFree,
        Mutant::StandInBeginsAgain,
        Mutant::LabelsForgotten,
        Mutant::FirstReaderOnly,
        Mutant::FirstWayOnly,
        Mutant::LoopOneShort,
        Mutant::EachOneShort,
        Mutant::EachRoundsDown,
        Mutant::OrderForgotten,
        Mutant::HandlerIsFree,
        Mutant::FailureIsFree,
        Mutant::FirstArmOnly,
        Mutant::FirstRouteOnly,
        Mutant::FlowIsFree,
        Mutant::WithinIsAll,
        Mutant::JudgeIsFree,
        Mutant::OneConversationOnly,
        Mutant::ToolsForgotten,
        Mutant::ToolsWaitOnce,
        Mutant::BackoffForgotten,
        Mutant::ToolPriceForgotten,
        Mutant::ToolTimeForgotten,
        Mutant::ToolNotCounted,
        Mutant::GateIsFree,
        Mutant::ApprovalIsInstant,
        Mutant::PersonIsInstant,
        Mutant::ClassifierIsFree,
        Mutant::LikenessIsFree,
        Mutant::CacheAlwaysHits,
        Mutant::WindowForgotten,
        Mutant::IndexIsFree,
        Mutant::OverForgotten,
        Mutant::FitCountsNothing,
        Mutant::KeptTokensForgotten,
        Mutant::TextNotRead,
        Mutant::ShortIsNeverDearer,
    ];
}

/// What a rule gives; where it is broken, what it gives then.
#[cfg(not(feature = "mutants"))]
#[inline]
pub(crate) fn rule<T>(_: Mutant, right: T, _: impl FnOnce() -> T) -> T {
    right
}

/// What a rule gives; where it is broken, what it gives then.
#[cfg(feature = "mutants")]
pub(crate) fn rule<T>(mutant: Mutant, right: T, broken: impl FnOnce() -> T) -> T {
    if BROKEN.get() == Some(mutant) { broken() } else { right }
}

#[cfg(feature = "mutants")]
thread_local! {
    static BROKEN: std::cell::Cell<Option<Mutant>> = const { std::cell::Cell::new(None) };
}

/// Does something while a rule is broken in this thread.
#[cfg(feature = "mutants")]
pub fn with<T>(mutant: Option<Mutant>, run: impl FnOnce() -> T) -> T {
    let before = BROKEN.replace(mutant);
    let done = run();
    BROKEN.set(before);
    done
}

//! Every way to misbehave, by name.

use std::fmt;
use std::str::FromStr;

macro_rules! modes {
    ($($(#[$doc:meta])* $mode:ident = $name:literal,)*) => {
        /// How a request is answered.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Mode { $($(#[$doc])* $mode,)* }

        impl Mode {
            /// Every mode.
            pub const ALL: &'static [Mode] = &[$(Mode::$mode,)*];

            /// Its name: `cut-inside-character`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Mode::$mode => $name,)* }
            }
        }
    };
}

modes! {
    /// As it should be.
    Correct = "correct",
    /// Never says what it used.
    UsageMissing = "usage-missing",
    /// Says zero, and charges nothing.
    UsageZero = "usage-zero",
    /// Says it with every piece, each time for all pieces so far.
    UsageCumulative = "usage-cumulative",
    /// Says it twice.
    UsageTwice = "usage-twice",
    /// Serves half of the input from its cache, counted inside of the input.
    UsageCached = "usage-cached",
    /// Thinks until the output cap and says nothing else.
    ReasoningToCap = "reasoning-to-cap",
    /// Says that it used more output than its cap allows, and charges that.
    ReportsTooMuch = "reports-too-much",
    /// Says that it read more input than a ledger can count, and charges that.
    ReportsBeyondAll = "reports-2^63",
    /// Sends text for ever; charges the cap.
    NeverStops = "never-stops",
    /// Sends one event for ever; charges the cap.
    EndlessEvent = "endless-event",
    /// Charges, and breaks off before the head of its answer.
    CutBeforeHead = "cut-before-head",
    /// Charges, and breaks off after the head.
    CutAfterHead = "cut-after-head",
    /// Charges, and breaks off in the middle of the text.
    CutMidStream = "cut-mid-stream",
    /// Charges, and breaks off inside of a character.
    CutInsideCharacter = "cut-inside-character",
    /// Charges, and breaks off before it says what it used.
    CutBeforeUsage = "cut-before-usage",
    /// Charges, and never answers.
    HangBeforeHead = "hang-before-head",
    /// Charges, and hangs after the head.
    HangAfterHead = "hang-after-head",
    /// Charges, and hangs in the middle of the text.
    HangMidStream = "hang-mid-stream",
    /// Too many requests.
    Status429 = "429",
    /// Too many requests, come back in a second.
    Status429RetryAfter = "429-retry-after",
    /// Overloaded.
    Status529 = "529",
    /// Fails before it starts.
    Status500 = "500",
    /// Fails after it charged.
    Status500Charged = "500-charged",
    /// Does not know the key.
    Status401 = "401",
    /// Does not know the model.
    Status404 = "404",
    /// Charges, and says inside of the stream that it failed.
    ErrorInStream = "error-in-stream",
    /// Charges, and answers with bytes that are not HTTP.
    NotHttp = "not-http",
    /// Charges, and sends events that are not JSON.
    NotJson = "not-json",
    /// Charges, and answers with a web page.
    WebPage = "web-page",
    /// Sends a few bytes at a time, cut anywhere.
    SlowDrip = "slow-drip",
    /// Names another model than it was asked for.
    WrongModel = "wrong-model",
    /// Asks for tools as long as any are offered: the calls of its script in every turn.
    AsksForTools = "asks-for-tools",
    /// Answers in one piece although a stream was asked for.
    NoStream = "no-stream",
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(name: &str) -> Result<Mode, String> {
        let names = || Mode::ALL.iter().map(|mode| mode.name()).collect::<Vec<_>>().join(", ");
        let found = Mode::ALL.iter().copied().find(|mode| mode.name() == name);
        found.ok_or_else(|| format!("no mode `{name}`; there are {}", names()))
    }
}

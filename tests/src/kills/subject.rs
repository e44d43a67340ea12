//! The flows whose processes are killed. In: a name. Out: a text, an input, and how the models behave.

use std::time::Duration;

use crate::mockllm::Mode;

/// A flow, and what it meets.
#[derive(Debug)]
pub(super) struct Subject {
    /// What it is about.
    pub(super) name: &'static str,
    /// Its text, below [`HEAD`].
    pub(super) flow: &'static str,
    /// How the models may behave when something is asked for the first time; the second time they are correct.
    pub(super) moods: &'static [Mode],
    /// The tools that a model asks for, turn by turn: a name, and arguments.
    pub(super) calls: &'static [(&'static str, &'static str)],
    /// How long a model thinks.
    pub(super) delay: Duration,
    /// How many of its runs follow each other on one ledger.
    pub(super) runs: usize,
    /// The most attempts that are under way at once.
    pub(super) at_once: usize,
    /// Whether people answer what they are asked.
    pub(super) answered: bool,
}

/// What all of them have.
pub(super) const HEAD: &str = r#"
tier unit  = model("unit")
tier spare = model("spare")

/// Looks something up.
tool look(q: Text<=60char) -> Text<=20char {
  from   exec("sh", "-c", "cat > /dev/null; echo looked >> looked.txt; echo seen")
  effect read
  price  $0.0001
  time   <= 5s
  gate   len(q) > 0 else "nothing"
}

/// Pays.
tool pay(order: Text<=60char, amount: Int in 0..50) -> Text<=20char {
  from   exec("sh", "-c", "cat > /dev/null; echo paid >> paid.txt; echo paid")
  effect money, once per order
  price  $0.01
  time   <= 5s
  gate   amount <= 20 else approve("lead", within 4h)
}

step first(q: Text<=60char) -> Text<=60char {
  on    unit
  retry <= 5
  time  <= 1s

  "Say {raw q}"
}
"#;

const MOODS: &[Mode] = &[
    Mode::Correct,
    Mode::Correct,
    Mode::Correct,
    Mode::Correct,
    Mode::Correct,
    Mode::Correct,
    Mode::Correct,
    Mode::SlowDrip,
    Mode::SlowDrip,
    Mode::UsageMissing,
    Mode::Status429,
    Mode::Status500Charged,
    Mode::CutBeforeHead,
    Mode::CutBeforeUsage,
];

const HANGS: &[Mode] = &[Mode::Correct, Mode::Correct, Mode::Correct, Mode::Correct, Mode::HangBeforeHead];

const PLAIN: Subject = Subject {
    name: "",
    flow: "",
    moods: MOODS,
    calls: &[],
    delay: Duration::ZERO,
    runs: 1,
    at_once: 1,
    answered: true,
};

/// Every one of them.
pub(super) const ALL: &[Subject] = &[
    Subject {
        name: "a sequence",
        flow: r#"
pub flow main(q: Text<=40char) -> Text<=60char {
  budget cost <= $1.00, time <= 20h

  let one = first(q)
  return first(one)
}
"#,
        ..PLAIN
    },
    Subject {
        name: "each in parallel",
        flow: r#"
pub flow main(q: Text<=40char) -> Text<=60char[<=4] {
  budget cost <= $1.00, time <= 20h

  return each word in [q, "two", "three", "four"], parallel <= 3 { first(word) }
}
"#,
        at_once: 3,
        ..PLAIN
    },
    Subject {
        name: "a ladder",
        flow: r#"
step climb(q: Text<=60char) -> Text<=60char {
  on     unit -> spare
  accept contains(it, "spare")
  retry  <= 5
  time   <= 1s

  "Climb {raw q}"
}

pub flow main(q: Text<=40char) -> Text<=60char {
  budget cost <= $1.00, time <= 20h

  return climb(q)
}
"#,
        moods: HANGS,
        ..PLAIN
    },
    Subject {
        name: "turns with tools",
        flow: r#"
step agent(q: Text<=60char) -> Text<=60char {
  on    unit
  tools look <= 2, pay <= 2
  turns <= 4
  retry <= 6
  time  <= 1s

  "Help {raw q}"
}

pub flow main(q: Text<=40char) -> Text<=60char {
  budget cost <= $2.00, time <= 20h

  return agent(q)
}
"#,
        calls: &[("look", r#"{"q": "DIGEST"}"#), ("pay", r#"{"order": "DIGEST", "amount": 5}"#)],
        ..PLAIN
    },
    Subject {
        name: "tools of the flow",
        flow: r#"
pub flow main(q: Text<=40char) -> Text<=20char[<=3] {
  budget cost <= $1.00, tools <= 9, time <= 20h

  let closed = look("")
  let seen   = look(q)
  return [closed, seen, pay(q, 7) else "not paid"]
}
"#,
        ..PLAIN
    },
    Subject {
        name: "people",
        flow: r#"
pub flow main(q: Text<=40char) -> Text<=60char[<=3] {
  budget cost <= $1.00, tools <= 1, time <= 20h

  let one = first(q)
  let who = ask person("lead", within 4h) -> Text<=20char "Who did {q}?"
  return [one, who, pay(q, 30) else "not paid"]
}
"#,
        ..PLAIN
    },
    Subject {
        name: "nobody answers",
        flow: r#"
pub flow main(q: Text<=40char) -> Text<=60char[<=2] {
  budget cost <= $1.00, time <= 20h

  let one = first(q)
  let who = (ask person("lead", within 80ms) -> Text<=20char "Who did {q}?") else "nobody"
  return [one, who]
}
"#,
        moods: &[Mode::Correct],
        delay: Duration::from_millis(160),
        answered: false,
        ..PLAIN
    },
    Subject {
        name: "a ceiling over runs",
        flow: r#"
ceiling everybody { cost <= $0.05 per 30d, calls <= 40 per 30d }

step other(q: Text<=60char) -> Text<=60char {
  on    unit
  retry <= 5
  time  <= 1s

  "Tell {raw q}"
}

pub flow main(q: Text<=40char) -> Text<=60char[<=2] {
  budget cost <= $1.00, time <= 20h
  under  everybody

  let one   = first(q)
  let other = other(q)
  return [one, other]
}
"#,
        runs: 3,
        at_once: 2,
        ..PLAIN
    },
    Subject {
        name: "a provider that breaks its word",
        flow: r#"
pub flow main(q: Text<=40char) -> Text<=60char {
  budget cost <= $1.00, time <= 20h

  return first(q)
}
"#,
        moods: &[Mode::ReportsTooMuch],
        ..PLAIN
    },
];

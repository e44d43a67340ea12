//! Random steps: the same one as a term of the proof and in the language.
//!
//! A byte is a token and nothing is added to what is counted, so every size is the length of a text. What a request begins with
//! is read off the compiled step, and off one without tools; everything that follows is computed here.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use flow_compiler::catalogue::{Catalogue, ProjectFile};
use flow_compiler::compile;
use flow_compiler::cost::{Dimension, longest_backoff_ms};
use flow_compiler::source::SourceId;

use super::Case;
use super::random::Random;
use super::terms::Files;

/// Tokens of the note that sends an invalid answer back.
const NOTE: u64 = 64;

/// A model: micro-dollars per million tokens are nano-dollars per 1,000 tokens; rates here are nano-dollars per token.
struct Model {
    input: u64,
    output: u64,
    request: u64,
    /// Requests longer than this, and what a token of input and of output takes there.
    beyond: u64,
    long: (u64, u64),
    timeout: u64,
    context: u64,
}

struct Tool {
    result: u64,
    calls: u64,
    price: u64,
    time: u64,
}

/// One random step, in cost and in input tokens.
pub(super) fn cases(random: &mut Random) -> Vec<Case> {
    let models: Vec<Model> = (0..3).map(|_| model(random)).collect();
    let answer = 4 * random.within(1, 60);
    let tools: Vec<Tool> = (0..random.below(3)).map(|_| tool(random)).collect();
    let turns = if tools.is_empty() { 1 } else { random.within(1, 5) };
    let result = answer;
    // Where there is a turn for it an answer has room for a call: `tool_0{"word":"…"}`, every byte of the word escaped.
    let call = "tool_0{\"word\":\"\"}".len() as u64 + 2 * 16;
    let answer = if turns > 1 && !tools.is_empty() { result.max(call) } else { result };
    let (retry, repair) = (random.below(3), random.below(3));
    let rungs: Vec<Vec<usize>> = (0..random.within(1, 3)).map(|_| rung(random)).collect();
    let keep = match random.below(4) {
        0 => format!("keep <= {}tok", random.within(0, 600)),
        1 => format!("keep last {}", random.within(1, 4)),
        _ => "keep all".to_owned(),
    };

    let (toml, text) = (project(&models), source(result, &tools, turns, &keep, (retry, repair), &rungs));
    let file = ProjectFile::read(SourceId::default(), &toml);
    assert!(file.diagnostics.is_empty(), "{toml}\n{:#?}", file.diagnostics);
    let catalogue = Catalogue::standard().clone().with(&file.value);
    let compiled = compile(&Files(BTreeMap::from([("main.flow", text.clone())])), "main.flow", &catalogue);
    let plan = compiled.plan.unwrap_or_else(|| panic!("{text}\n{:#?}", compiled.diagnostics));
    let step = |name: &str| plan.program.steps.iter().position(|step| step.name == name).expect("it is there");
    let (asked, plain) = (&plan.ceilings.steps[step("asked")], &plan.ceilings.steps[step("plain")]);

    let calls: u64 = tools.iter().map(|tool| tool.calls).sum();
    let turns = turns.min(calls + 1);
    let waits: Vec<u64> = (1..=retry).map(longest_backoff_ms).collect();
    let by_size = {
        let mut sorted: Vec<(u64, u64)> = tools.iter().map(|tool| (tool.result, tool.calls)).collect();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        sorted
    };
    let first = |name: &str| {
        let model = plan.program.models.iter().position(|model| model.name == name).expect("it is there");
        let of = |ceilings: &flow_compiler::plan::StepCeiling| {
            let found = ceilings.models.iter().find(|ceiling| ceiling.model.index() == model).expect("it is there");
            found.turns[0]
        };
        (of(asked), of(plain))
    };
    let lane = |index: usize, dimension: Dimension| {
        let model = &models[index];
        let (offered, withheld) = first(&format!("m{index}"));
        let (rate, flat, more) = if dimension == Dimension::Input {
            (1, 0, 0)
        } else {
            // A long request takes so much more for each token of input, and no more for its output.
            (model.input, model.output * answer + model.request, model.long.0 - model.input)
        };
        let results: Vec<String> = by_size.iter().map(|(size, calls)| format!("({size}, {calls}%nat)")).collect();
        format!(
            "(Lane {offered} {withheld} {answer} {NOTE} [{}] {} {rate} {flat} {} {more} {})",
            results.join("; "),
            model.context - answer,
            model.beyond,
            model.timeout * 1000
        )
    };
    let keeps = match keep.strip_prefix("keep ").expect("it begins so") {
        "all" => "All".to_owned(),
        most if most.starts_with("<=") => format!("(Tokens {})", &most[3..most.len() - 3]),
        window => format!("(Last {})", &window[5..]),
    };
    let extras = |dimension: Dimension| {
        if turns < 2 {
            return (0, 0);
        }
        let price =
            if dimension == Dimension::Cost { tools.iter().map(|tool| tool.price * tool.calls).sum() } else { 0 };
        let mut times: Vec<u64> =
            tools.iter().flat_map(|tool| (0..tool.calls).map(|_| tool.time).collect::<Vec<u64>>()).collect();
        times.sort_unstable_by(|a, b| b.cmp(a));
        // The calls of a turn are made side by side: at worst each of the longest has a turn of its own.
        (price, times.iter().take(usize::try_from(turns - 1).expect("small")).sum())
    };
    let case = |dimension: Dimension| {
        let rungs: Vec<String> = rungs
            .iter()
            .map(|rung| {
                let lanes: Vec<String> = rung.iter().map(|model| lane(*model, dimension)).collect();
                format!("[{}]", lanes.join("; "))
            })
            .collect();
        let waits: Vec<String> = waits.iter().map(u64::to_string).collect();
        let (price, time) = extras(dimension);
        let term = format!(
            "(Model (Step [{}] {keeps} {turns} {calls} {repair} [{}] (R {price} {time})))",
            rungs.join("; "),
            waits.join("; ")
        );
        Case { term, bound: (asked.total.get(dimension), asked.total.time_ms), text: format!("{toml}\n{text}") }
    };
    vec![case(Dimension::Cost), case(Dimension::Input)]
}

fn model(random: &mut Random) -> Model {
    let (input, output) = (random.below(20), random.below(50));
    Model {
        input,
        output,
        request: random.below(1000),
        beyond: random.within(100, 1500),
        long: (input + random.within(1, 20), output),
        timeout: random.within(1, 60),
        context: random.within(2_000, 6_000),
    }
}

fn tool(random: &mut Random) -> Tool {
    Tool {
        // Never shorter than what is said in the place of a result.
        result: 4 * random.within(11, 80),
        calls: random.within(1, 3),
        price: random.below(500),
        time: random.within(1, 900),
    }
}

/// The models of a rung: one, or two that stand in for each other.
fn rung(random: &mut Random) -> Vec<usize> {
    let first = usize::try_from(random.below(3)).expect("small");
    if random.below(2) == 0 { vec![first] } else { vec![first, (first + 1) % 3] }
}

/// Dollars per million tokens from nano-dollars per token.
fn per_million(nanos: u64) -> String {
    format!("{}.{:03}", nanos / 1000, nanos % 1000)
}

fn project(models: &[Model]) -> String {
    let mut toml = "[project]\nname = \"proof\"\n".to_owned();
    for (index, model) in models.iter().enumerate() {
        let Model { request, beyond, timeout, context, .. } = model;
        let (input, output) = (per_million(model.input), per_million(model.output));
        let (long_input, long_output) = (per_million(model.long.0), per_million(model.long.1));
        writeln!(
            toml,
            "[models.m{index}]\nprovider = \"scripted\"\nid = \"m{index}\"\n\
             tokenizer = {{ class = \"ceiling\", bytes_per_token = 1 }}\n\
             overhead = {{ request = 0, message = 0, tool = 0, tools = 0, format = 0 }}\n\
             context = {context}\nmax_output = 1_000\noutput_field = \"max_tokens\"\n\
             price = {{ input = \"{input}\", output = \"{output}\", request = \"0.{request:09}\", long_context = [{{ above = {beyond}, input = \"{long_input}\", output = \"{long_output}\" }}] }}\n\
             timeout = \"{timeout}s\"\nas_of = \"2026-11-23\"\nsource = \"made up\""
        )
        .expect("a text takes everything");
    }
    toml
}

fn source(
    answer: u64,
    tools: &[Tool],
    turns: u64,
    keep: &str,
    (retry, repair): (u64, u64),
    rungs: &[Vec<usize>],
) -> String {
    let mut text = String::new();
    for (index, tool) in tools.iter().enumerate() {
        writeln!(
            text,
            "tool tool_{index}(word: Text<=4char) -> Text<={}char {{\n  from exec(\"true\")\n  effect read\n  \
             price $0.{:09}\n  time <= {}ms\n}}",
            tool.result / 4,
            tool.price,
            tool.time
        )
        .expect("a text takes everything");
    }
    let mut ladder = Vec::new();
    for (index, rung) in rungs.iter().enumerate() {
        let models: Vec<String> = rung.iter().map(|model| format!("model(\"m{model}\")")).collect();
        writeln!(text, "tier tier_{index} = {}", models.join(" | ")).expect("a text takes everything");
        ladder.push(format!("tier_{index}"));
    }
    let size = answer / 4;
    let accept = if rungs.len() > 1 { "  accept contains(it, \"yes\")\n" } else { "" };
    let caps: Vec<String> =
        tools.iter().enumerate().map(|(index, tool)| format!("tool_{index} <= {}", tool.calls)).collect();
    let tools = if caps.is_empty() {
        String::new()
    } else {
        format!("  tools {}\n  turns <= {turns}, {keep}\n", caps.join(", "))
    };
    let step = |name: &str, tools: &str| {
        format!(
            "step {name}(x: Text<=20char) -> Text<={size}char {{\n  on {}\n{accept}{tools}  retry <= {retry}\n  repair <= {repair}\n\
             \n  \"\"\"\n  Say it in other words: {{raw x}}\n  \"\"\"\n}}\n",
            ladder.join(" -> ")
        )
    };
    text.push_str(&step("asked", &tools));
    text.push_str(&step("plain", ""));
    text.push_str(&format!(
        "pub flow main(x: Text<=20char) -> Text<={size}char {{\n  budget time <= 720h\n  let a = asked(x)\n  let b = plain(x)\n  \
         return if contains(a, \"a\") {{ a }} else {{ b }}\n}}\n"
    ));
    text
}

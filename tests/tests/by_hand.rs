//! The bound of each example equals a computation by hand.
//!
//! The models are those of the example with other facts: every byte is a token, nothing is added to what is counted, prices
//! are round, and no attempt takes longer than ten seconds unless its step says so.

use flow_tests::command::{Project, repository};
use serde_json::Value;

/// A model where a byte is a token: dollars per million tokens of input and of output.
fn model(name: &str, input: &str, output: &str) -> String {
    format!(
        "[models.\"{name}\"]\n\
         price = {{ input = \"{input}\", output = \"{output}\", cached_input = \"0\", cache_write = \"0\" }}\n\
         tokenizer = {{ class = \"ceiling\", bytes_per_token = 1 }}\n\
         overhead = {{ request = 0, message = 0, tool = 0, tools = 0, format = 0 }}\n\
         context = 1_000_000\nmax_output = 100_000\nstructured = false\ntimeout = \"10s\"\n"
    )
}

/// Checks a copy of an example whose budget is out of the way, under these models.
fn bound(example: &str, models: &[String]) -> Value {
    let folder = repository().join("examples").join(example);
    let project = Project::new(&[("flow.toml", &format!("[project]\nname = \"by-hand\"\n{}", models.concat()))]);
    for entry in std::fs::read_dir(&folder).expect("the example is there").filter_map(Result::ok) {
        let name = entry.file_name().into_string().expect("a name");
        // A run leaves its data in a folder `.flow` beside its project.
        if name.ends_with(".flow") && entry.path().is_file() {
            let text = std::fs::read_to_string(entry.path()).expect("a text");
            let (head, budget) = text.split_once("  budget ").unwrap_or((&text, ""));
            let rest = budget.split_once('\n').map_or("", |(_, rest)| rest);
            let roomy = if budget.is_empty() { String::new() } else { format!("{head}  budget cost <= $1000\n{rest}") };
            project.write(&name, if roomy.is_empty() { text } else { roomy });
        }
    }
    let said = project.flowc(&["check", "main.flow", "--format", "json"]);
    assert_eq!(said.code, 0, "{said:#?}");
    said.json()["flows"][0]["bound"].clone()
}

/// Dimensions in the order of reports: dollars, calls, turns, tools, input, output, milliseconds.
fn assert_bound(bound: &Value, cost: &str, counts: [usize; 6]) {
    let [calls, turns, tools, input, output, time_ms] = counts;
    let by_hand = serde_json::json!({
        "cost": cost, "calls": calls, "turns": turns, "tools": tools,
        "input": input, "output": output, "tokens": input + output, "time_ms": time_ms,
    });
    assert_eq!(bound, &by_hand);
}

/// Dollars with nine digits from micro-dollars: a token at $1 per million is one micro-dollar.
fn dollars(micros: usize) -> String {
    format!("{}.{:06}000", micros / 1_000_000, micros % 1_000_000)
}

/// What stands around data in a line of text.
const INLINE: usize = "<data></data>".len();

/// What stands around data that is alone on its line.
const ON_ITS_LINES: usize = "<data>\n\n</data>".len();

#[test]
fn hello_is_one_call() {
    let bound = bound("01-hello", &[model("smollm2-135m-instruct", "1", "10")]);
    let input = "Write one short and friendly sentence that welcomes ".len() + INLINE + 16 + " to the team.".len();
    let output = 40;
    assert_bound(&bound, &dollars(input + 10 * output), [1, 1, 0, input, output, 60_000]);
}

#[test]
fn triage_reads_looks_up_climbs_and_retries_once() {
    let models = [
        model("all-minilm-l6-v2", "1", "0"),
        model("smollm2-135m-instruct", "1", "10"),
        model("claude-sonnet-5-5", "2", "20"),
    ];
    let bound = bound("02-triage", &models);

    // One request with the head of the body and the five labels.
    let labels = [
        "billing: invoices, charges, refunds, payment methods",
        "bug: errors, crashes, something that stopped working",
        "how to: how to do something, where to find a setting",
        "legal: contracts, privacy, subpoenas, lawyers",
        "other: praise, jokes, spam, job applications",
    ];
    let read = 200 + labels.iter().map(|label| label.len()).sum::<usize>();

    let system = "You are a concise assistant that summarizes help articles for customers.".len();
    let passages = 2 * (ON_ITS_LINES + 100 + "\n".len());
    let asked = system + passages + "Summarize this for the customer in two sentences.".len();
    let answer = 80;

    // Read once; small and frontier in turn; the frontier once more.
    let cost = read + (asked + 10 * answer) + 2 * (2 * asked + 20 * answer);
    // The search waits for the topic, the answer for both; a retry waits 250 ms at most.
    let time = 10_000 + 10_000 + 3 * 120_000 + 250;
    assert_bound(&bound, &dollars(cost), [4, 3, 1, read + 3 * asked, 3 * answer, time]);
}

#[test]
fn guardrails_grow_with_every_turn_and_end_after_three() {
    let bound = bound("03-guardrails", &[model("smollm2-135m-instruct", "1", "10"), model("gpt-5.4-mini", "2", "20")]);
    let format = "Answer with JSON only, in this shape: {\"text\": text of at most 120 tokens, \"sure\": number from 0.00 to 1.00}\n\
                  sure: how sure you are that it is right";
    let tool = "{\"type\":\"function\",\"function\":{\"name\":\"hours\",\
                \"description\":\"Looks up the opening hours of a shop in a city.\",\
                \"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":64}},\
                \"required\":[\"city\"],\"additionalProperties\":false}}}";
    // Where a prompt does not say where the format goes, it stands at the end, after an empty line.
    let base = "Answer the question. Use the tool where it helps.\n\n".len()
        + ON_ITS_LINES
        + 200
        + "\n\n".len()
        + format.len();
    // Two tool calls: three turns, whatever `turns <= 6` allows. An earlier turn comes back at its cap of 350; a result of at
    // most 24 tokens stands beside the note for calls that are not made, which is longer.
    let result = "No tool call is left for this. Answer now.".len();
    // The last turn and the repair are sent without the tool.
    let turns = [base + tool.len(), base + tool.len() + 350 + result, base + 2 * (350 + result)];
    let repair = turns[2] + 350 + 64;
    let rung: usize = turns.iter().sum();
    assert!(repair <= 2_800, "no request reaches `input <= 2800tok`");

    // Both rungs with three turns and two tool calls each, and one repair at the dearer one.
    let cost = (rung + 10 * 3 * 350) + (2 * rung + 20 * 3 * 350) + (2 * repair + 20 * 350);
    // The tool costs $0.0005 a call.
    let cost = cost + 4 * 500;
    assert_bound(&bound, &dollars(cost), [7, 7, 4, 2 * rung + repair, 7 * 350, 7 * 120_000 + 4 * 5_000]);
}

#[test]
fn research_counts_every_part_failing_and_every_round() {
    let bound = bound("04-research", &[model("smollm2-135m-instruct", "1", "10"), model("gpt-5.4", "2", "20")]);

    let split_format = "Answer with JSON only, in this shape: {\"questions\": [text of at most 24 tokens, …] with 1 to 3}\n\
                        questions: short questions whose answers together answer the whole";
    let split_in = "Split the question into one to three short questions.\n\n".len()
        + ON_ITS_LINES
        + 60
        + "\n\n".len()
        + split_format.len();
    let split_out = "{\"questions\":[,,]}".len() + 3 * (2 * 24 + 2);

    // A fallback and a retry: one attempt at the small model, one at the other, and the dearest once more.
    let notes = 2 * ("- ".len() + INLINE + 40 + "\n".len());
    let solve_in = "Notes:\n".len() + notes + "Answer in one sentence: ".len() + INLINE + 24;
    let solve_out = 48;
    let solve = (solve_in + 10 * solve_out) + 2 * (2 * solve_in + 20 * solve_out);
    // Three of them at once: each looks notes up, then tries for two minutes, waits at most 250 ms, and tries again, twice.
    let solve_time = 10_000 + 3 * 120_000 + 250;

    let review_format = "Answer with JSON only, in this shape: {\"ok\": true or false, \"fix\": text of at most 32 tokens}\n\
                         ok: whether the draft answers the question\nfix: what is missing";
    let review_in = "Question: ".len()
        + 2 * INLINE
        + 60
        + "\nDraft: ".len()
        + 160
        + "\n\nDoes the draft answer the question?\n\n".len()
        + review_format.len();
    let review_out = "{\"ok\":false,\"fix\":}".len() + 2 * 32 + 2;
    let mend_in = 3 * INLINE
        + "Question: ".len()
        + 60
        + "\nDraft: ".len()
        + 160
        + "\n\nWrite the draft again, and mend this: ".len()
        + 32;
    let mend_out = 160;

    let cost =
        (split_in + 10 * split_out) + 3 * solve + 2 * ((review_in + 10 * review_out) + (mend_in + 10 * mend_out));
    let input = split_in + 9 * solve_in + 2 * (review_in + mend_in);
    let output = split_out + 9 * solve_out + 2 * (review_out + mend_out);
    let time = 120_000 + solve_time + 2 * (120_000 + 120_000);
    assert_bound(&bound, &dollars(cost), [14, 14, 3, input, output, time]);
}

//! Evaluations: checked, bounded as so many runs and judgements as there are cases, and never run.

use flow_tests::command::Project;
use serde_json::Value;

use crate::commands::assert_valid;

const FLOW: &str = r#"tier mid = openai("gpt-5.4-mini")

enum Topic { Billing, Bug }

type Answer { text: Text<=40tok, topic: Topic, cites: Id[<=4] }

step solve(ask: Text<=20tok) -> Answer {
  on mid
  "{ask}"
}

/// How well an answer says what was wanted.
step judge(said: Text<=40tok, wanted: Text<=40tok) -> Score {
  on mid
  "{said} {wanted}"
}

pub flow desk(ask: Text<=20tok) -> Answer {
  budget calls <= 1
  let answer = solve(ask)
  return answer
}

pub flow judged(said: Text<=40tok, wanted: Text<=40tok) -> Score {
  budget calls <= 1
  return judge(said, wanted)
}
"#;

const EVAL: &str = r#"
eval desk over "cases/**/*.json" {
  score   cited = .cites is not empty
  score   right = judge(.text, case.text)
  score   known = answer.topic is Billing
  success .topic is case.topic and right >= 0.5
  require mean(cited) >= 0.95, success >= 90%, p95(cost) <= $0.05, p99(time) <= 8s, cost_per_success <= $0.10
}
"#;

fn project(eval: &str) -> Project {
    Project::new(&[
        ("flow.toml", "[project]\nname = \"evals\"\n"),
        ("main.flow", &format!("{FLOW}{eval}")),
        ("cases/a.json", "{}"),
        ("cases/more/b.json", "{}"),
        ("cases/more/c.json", "{}"),
        ("cases/notes.md", ""),
    ])
}

fn nanos(of: &Value) -> u64 {
    let cost = of["cost"].as_str().expect("dollars");
    cost.replace('.', "").parse().expect("digits")
}

#[test]
fn an_evaluation_takes_its_cases_times_a_run_and_its_judges() {
    let said = project(EVAL).flowc(&["check", "--format", "json", "main.flow"]);
    assert_eq!(said.code, 0, "{said:#?}");
    let object = said.json();
    assert_valid("flow.check.v1", &object);
    let eval = &object["evals"][0];
    assert_eq!(
        (eval["flow"].as_str(), eval["cases"].as_u64(), eval["line"].as_u64()),
        (Some("desk"), Some(3), Some(29))
    );
    let flows = object["flows"].as_array().expect("flows");
    let bound = |name: &str| &flows.iter().find(|flow| flow["name"] == name).expect("the flow")["bound"];
    assert_eq!(flows.len(), 2, "an evaluation is no flow");
    let one = nanos(bound("desk")) + nanos(bound("judged"));
    assert_eq!((nanos(&eval["each"]), nanos(&eval["bound"])), (one, 3 * one));
    assert_eq!(eval["bound"]["calls"].as_u64(), Some(6));
    assert_eq!(eval["require"][2].as_str(), Some("p95(cost) <= $0.05"));

    let text = project(EVAL).flowc(&["bound", "main.flow"]).stdout;
    assert!(text.contains("eval desk over \"cases/**/*.json\" (main.flow:29)\n  3 cases × ("), "{text}");
    let none = project(&EVAL.replace("cases/**", "none")).flowc(&["bound", "main.flow"]).stdout;
    assert!(none.contains("  0 cases × (") && none.contains("no file matches yet"), "{none}");
}

#[test]
fn an_evaluation_is_not_run_and_is_no_part_of_a_plan() {
    let with = project(EVAL);
    let said = with.flow(&["eval", "main.flow"]);
    assert_eq!(said.code, 5, "{said:#?}");
    assert!(said.stdout.contains("3 cases") && said.stderr.contains("E0967"), "{said:#?}");
    assert!(!with.path().join(".flow").exists(), "nothing is written down");
    let said = project("").flow(&["eval", "main.flow"]);
    assert!(said.code == 64 && said.stderr.contains("E0967"), "{said:#?}");
    let said = project(&EVAL.replace("case.text", "case.txt")).flow(&["eval", "main.flow"]);
    assert_eq!(said.code, 2, "{said:#?}");
}

/// One mistake, one message, at its place.
#[test]
fn a_mistake_in_an_evaluation_is_told_at_its_place() {
    for (written, instead, code, message) in [
        ("eval desk over", "eval dask over", "E0301", "dask"),
        ("cases/**/*.json", "../*.json", "E0443", "outside of the project"),
        ("cases/**/*.json", "cases/*.csv", "E0443", "no JSON files"),
        ("  success .topic", "  success true\n  success .topic", "E0443", "`success` stands twice"),
        ("score   known", "score   right", "E0444", "`right` is scored twice"),
        ("score   known", "score   cost", "E0444", "`cost` is a dimension"),
        ("answer.topic is Billing", "answer.text", "E0444", "this is `Text<=40tok`"),
        ("answer.topic is Billing", "anwser.topic is Billing", "E0301", "anwser"),
        ("case.topic and", "case.topik and", "E0402", "topik"),
        ("right >= 0.5", "right", "E0", "Bool"),
        ("mean(cited)", "mean(sited)", "E0445", "`sited` is no score"),
        ("mean(cited)", "meen(cited)", "E0445", "`meen` cannot be measured"),
        ("mean(cited) >= 0.95", "mean(cited) > 0.95", "E0445", "no requirement"),
        ("p95(cost) <= $0.05", "p95(cost) >= $0.05", "E0445", "less of it is better"),
        ("p95(cost) <= $0.05", "p95(cost) <= 8s", "E0", "8s"),
        ("success >= 90%", "success <= 90%", "E0445", "more success is better"),
    ] {
        assert!(EVAL.contains(written), "{written}");
        let said = project(&EVAL.replacen(written, instead, 1)).flowc(&["check", "--format", "json", "main.flow"]);
        let object = said.json();
        let wrong = object["diagnostics"].as_array().expect("diagnostics");
        let errors: Vec<&Value> = wrong.iter().filter(|of| of["severity"] == "error").collect();
        assert_eq!(errors.len(), 1, "{instead}: {wrong:#?}");
        let found = errors[0].to_string();
        assert!(errors[0]["code"].as_str().is_some_and(|found| found.starts_with(code)), "{instead}: {found}");
        assert!(found.contains(message), "{instead}: {found}");
        assert!(errors[0]["line"].as_u64() >= Some(29), "{instead}: {found}");
    }
    let lines: Vec<&str> = EVAL.lines().filter(|line| !line.contains("require")).collect();
    let said = project(&lines.join("\n")).flowc(&["check", "main.flow"]);
    assert!(said.code == 2 && said.stdout.contains("has no `require`"), "{said:#?}");
}

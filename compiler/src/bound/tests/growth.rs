//! What it takes to find the reasons grows with the size of a flow, and no faster.

use super::super::{Bounder, summary};
use super::whole;

const STEPS: &str = "
step ask(q: Text<=20tok) -> Text<=20tok { on unit\n \"a{raw q}\" }
step plan(r: Plan) -> Plan { on unit\n \"{raw r.text}\" }
type Plan { text: Text<=20tok, done: Bool }
";

/// How much is looked at in a program.
fn work(text: &str) -> u64 {
    let plan = whole(text).plan.expect("a plan");
    let mut bounder = Bounder::new(&plan.program);
    bounder.run();
    summary::joins(&bounder).work
}

/// So many of a statement; `NEXT` is its number and `LAST` the one before.
fn flow(start: &str, statement: &str, count: usize, end: &str) -> String {
    let one = |at: usize| statement.replace("NEXT", &at.to_string()).replace("LAST", &(at - 1).to_string());
    let body: String = (1..=count).map(one).collect();
    let end = end.replace("LAST", &count.to_string());
    format!(
        "{STEPS}flow main(q: Text<=20tok, p: Plan, n: Int in 0..9) -> Bool {{\n{start}\n{body}{end}\nreturn true\n}}\n"
    )
}

#[test]
fn four_times_the_conditions_are_four_times_the_work() {
    let shapes = [
        ("", "if n > 3 { let _aNEXT = ask(q) }\n", ""),
        ("var d = ask(q)", "if contains(d, \"NEXT\") { d = ask(d) }\n", "check not empty(d) else return false"),
        (
            "let v0 = ask(q)",
            "let vNEXT = if n > 3 { vLAST } else { ask(vLAST) }\n",
            "check not empty(vLAST) else return false",
        ),
        (
            "let v0 = plan(p)",
            "let vNEXT = if vLAST.done { vLAST } else { plan(vLAST) }\n",
            "check vLAST.done else return false",
        ),
    ];
    for (start, statement, end) in shapes {
        let of = |count| work(&flow(start, statement, count, end));
        let (few, many) = (of(200), of(800));
        assert!(few > 0 && many <= 6 * few, "{few} for 200, {many} for 800 of {statement}");
    }
}

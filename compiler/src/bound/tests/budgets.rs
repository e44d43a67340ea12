//! Over budget: factor, path, fix; and what the report says.

use super::super::{Ends, Happens, Verdict};
use super::{TIERS, compiled, errors, whole};
use crate::cost::{Dimension, Money};
use crate::diagnostic::Diagnostic;

/// `solve` can take 2 rungs, 3 turns with one call each, one retry and one repair; three times in a list.
fn desk(budget: &str) -> String {
    format!(
        "tool look(q: Text<=4tok) -> Text<=60tok {{ from exec(\"look\")\n effect read\n price $0.001\n time <= 1s }}
step solve(q: Text<=20tok) -> Text<=10tok {{
  on     unit -> dear
  accept not empty(it)
  tools  look <= 2
  turns  <= 3
  retry  <= 1
  repair <= 1
  \"Say: {{raw q}}\"
}}
flow desk(xs: Text<=20tok[<=3]) -> Text<=10tok[<=3] {{
  budget {budget}
  let answers = each x in xs, parallel <= 3 {{ solve(x) else skip }}
  return answers
}}
"
    )
}

fn bound_of(text: &str) -> crate::cost::Resources {
    compiled(text).report.flows[0].bound.expect("it has a bound")
}

/// The text with the fix of a diagnostic applied, without the tiers before it.
fn fixed(text: &str, told: &Diagnostic) -> String {
    let fix = told.fix.as_ref().expect("there is a fix");
    let mut whole = format!("{TIERS}{text}");
    whole.replace_range(fix.span.range(), &fix.replacement);
    whole.split_off(TIERS.len())
}

#[test]
fn one_nano_dollar_below_the_bound_is_over_budget() {
    let bound = bound_of(&desk("cost <= $9"));
    let allowed = Money::from_nanos(bound.cost.nanos() - 1);
    let text = desk(&format!("cost <= ${}", allowed.exact()));
    let told = errors(&text);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(told[0].code.as_str(), "E0201");
    let factor = told[0].message.split_once(", ").and_then(|(_, rest)| rest.split_once(" times")).map(|found| found.0);
    let factor = factor.expect("a factor");
    assert!(
        factor.starts_with("1.000") && factor.trim_start_matches("1.").parse::<u64>().is_ok_and(|n| n > 0),
        "{factor}"
    );
    assert!(told[0].help.iter().any(|help| help.starts_with("path: desk > each ×3 > solve > ")), "{:?}", told[0].help);
    assert_eq!(told[0].labels.len(), 2);
    assert_eq!(compiled(&text).report.flows[0].verdict, Verdict::Over);
    whole(&fixed(&text, &told[0]));
    // At the bound itself it holds.
    whole(&desk(&format!("cost <= ${}", bound.cost.exact())));
}

#[test]
fn a_fix_for_half_the_budget_passes_once_applied() {
    let bound = bound_of(&desk("cost <= $9"));
    let text = desk(&format!("cost <= ${}", Money::from_nanos(bound.cost.nanos() / 2).exact()));
    let told = errors(&text);
    assert_eq!(told.len(), 1);
    assert!(told[0].message.starts_with("`desk` can cost $") && told[0].message.contains(", 2 times its budget of $"));
    whole(&fixed(&text, &told[0]));
}

#[test]
fn where_no_lower_cap_is_enough_the_fix_is_the_budget() {
    let text = desk("cost <= $0.000001");
    let told = errors(&text);
    let fix = told[0].fix.as_ref().expect("there is a fix");
    assert!(fix.replacement.starts_with("cost <= $0.0"), "{fix:?}");
    whole(&fixed(&text, &told[0]));
}

#[test]
fn every_limit_that_fails_is_told() {
    let told = errors(&desk("cost <= $9, calls <= 1, tools <= 1, time <= 1ms, tokens <= 5tok"));
    let messages: Vec<&str> = told.iter().map(|told| told.message.as_str()).collect();
    assert_eq!(told.len(), 4, "{messages:#?}");
    assert!(messages[0].contains("can make 24 calls, 24 times its budget of 1"), "{messages:#?}");
    assert!(messages[1].contains("can call tools 12 times"), "{messages:#?}");
}

#[test]
fn a_budget_of_nothing_has_no_factor() {
    let told = errors(&desk("cost <= $0"));
    assert!(told[0].message.ends_with("and its budget allows none"), "{}", told[0].message);
}

#[test]
fn each_limit_is_met_at_its_bound_and_not_one_below() {
    let bound = bound_of(&desk("cost <= $9"));
    for dimension in Dimension::ALL {
        let amount = bound.get(dimension);
        whole(&desk(&super::super::written(dimension, amount)));
        let told = errors(&desk(&super::super::written(dimension, amount - 1)));
        assert_eq!(told.iter().map(|told| told.code.as_str()).collect::<Vec<_>>(), ["E0201"], "{dimension:?}");
        whole(&fixed(&desk(&super::super::written(dimension, amount - 1)), &told[0]));
    }
}

#[test]
fn the_report_says_where_it_goes_and_how() {
    let compiled = whole(&desk("cost <= $9"));
    let flow = &compiled.report.flows[0];
    let bound = flow.bound.expect("a bound");
    assert_eq!(flow.verdict, Verdict::Ok);
    let lines = flow.lines();
    assert_eq!(
        lines.iter().map(|(path, share)| (path.as_str(), share.count)).collect::<Vec<_>>(),
        [("desk/each/solve", 3)]
    );
    assert_eq!(lines[0].1.bound, bound);
    // The parts of a construct in the dimension of the report add up to it.
    let parts: u64 = lines[0].1.parts.iter().map(|part| part.bound.cost.nanos()).sum();
    assert_eq!(parts, bound.cost.nanos());
    assert!(flow.advice.iter().any(|advice| advice.change == "turns <= 1" || advice.change == "turns <= 2"));
    for advice in &flow.advice {
        assert!(advice.saves_telling > 0);
    }
}

#[test]
fn a_witness_names_every_choice() {
    let compiled = whole(&desk("cost <= $9"));
    let flow = &compiled.report.flows[0];
    let witness = flow.witness(Dimension::Cost).expect("a witness");
    assert_eq!(witness.amount, flow.bound.expect("a bound").cost.nanos());
    assert_eq!(witness.choices[0].happens, Happens::Elements(3));
    let Happens::Step { arm: 0, attempts } = &witness.choices[1].happens else { panic!("{witness:#?}") };
    let told: Vec<_> = attempts.iter().map(|a| (a.tier.as_str(), a.from, a.to, a.retries, a.ends)).collect();
    assert_eq!(told, [("unit", 1, 3, 0, Ends::NotAccepted), ("dear", 1, 4, 1, Ends::Done)]);
}

#[test]
fn a_flow_without_a_budget_has_a_bound() {
    let compiled = whole(
        "step ask(q: Text<=20tok) -> Text<=10tok { on unit\n \"{raw q}\" }
         flow main(q: Text<=20tok) -> Text<=10tok { return ask(q) }",
    );
    assert_eq!(compiled.report.flows[0].verdict, Verdict::Ok);
    assert!(compiled.report.flows[0].bound.is_some());
}

#[test]
fn raising_a_cap_never_lowers_a_bound() {
    let step = |caps: [u64; 6]| {
        let [turns, look, retry, repair, output, rounds] = caps;
        let text = format!(
            "tool look(q: Text<=4tok) -> Text<=60tok {{ from exec(\"look\")\n effect read\n price $0.001\n time <= 1s }}
             step solve(q: Text<=20tok) -> Text<=10tok {{
               on unit -> both
               accept not empty(it)
               tools look <= {look}
               turns <= {turns}
               retry <= {retry}
               repair <= {repair}
               output <= {output}tok
               \"Say: {{raw q}}\" }}
             flow main(q: Text<=20tok) -> Text<=20tok {{ loop <= {rounds} {{ let a = solve(q) }}\n return q }}"
        );
        whole(&text).report.flows[0].bound.expect("a bound")
    };
    let least = [1, 1, 0, 0, 10, 1];
    for first in 0..6 {
        for second in 0..6 {
            let mut caps = least;
            caps[second] += 2;
            let mut before = step(caps);
            for _ in 0..3 {
                caps[first] += 1;
                let after = step(caps);
                for dimension in Dimension::ALL {
                    assert!(after.get(dimension) >= before.get(dimension), "{caps:?} {dimension:?}");
                }
                before = after;
            }
        }
    }
}

#[test]
fn no_budget_above_thirty_days_is_offered() {
    let text = "step wait(q: Text<=20tok) -> Text<=10tok { on unit\n time <= 20d\n \"a{raw q}\" }
flow main(q: Text<=20tok) -> Text<=10tok {
  budget time <= 1h
  let a = wait(q)
  let b = wait(a)
  return wait(b)
}
step late(q: Text<=20tok) -> Text<=10tok { on unit\n time <= 20d\n \"b{raw q}\" }
flow pair(q: Text<=20tok) -> Text<=10tok {
  budget time <= 1ms
  return late(wait(q))
}
";
    for told in errors(text) {
        match &told.fix {
            Some(fix) => {
                let now = errors(&fixed(text, &told));
                assert!(
                    now.iter().all(|of| of.code.as_str() == "E0201" && of.message != told.message),
                    "{fix:?} {now:#?}"
                );
            }
            None => {
                assert!(told.help.iter().any(|help| help.contains("no budget allows more than 30 days")), "{told:#?}")
            }
        }
    }
    assert!(errors(text).iter().any(|told| told.fix.is_none()));
}

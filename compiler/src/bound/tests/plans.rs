//! Plans are read as they were written, or not at all.

use super::whole;
use crate::plan::{Plan, ReadError};

fn plan() -> Plan {
    whole(
        "enum Topic { Billing, Bug }
         type T { q: Text<=20tok, t: Topic }
         tool look(q: Text<=4tok) -> Text<=60tok { from exec(\"look\")\n effect read\n price $0.001\n time <= 1s }
         step ask(t: T) -> T { on unit\n retry <= 1\n repair <= 1\n tools look <= 1\n turns <= 2\n \"{raw t.q}\" }
         flow main(t: T) -> Topic { budget cost <= $9\n let a = ask(t)\n return if a.t is Bug { a.t } else { classify(t.q, into: Topic) by mini } }",
    )
    .plan
    .expect("a plan")
}

#[test]
fn a_plan_is_read_as_it_was_written() {
    let plan = plan();
    let read = Plan::read(&plan.to_json()).expect("it is read");
    // Spans are of this compilation and are not kept.
    assert_eq!(read.to_json(), plan.to_json());
    assert_eq!(read.ceilings, plan.ceilings);
    assert_eq!(read.digest, plan.digest);
}

#[test]
fn equal_texts_make_equal_plans() {
    assert_eq!(plan().digest, plan().digest);
    assert_eq!(plan().sources.len(), 1);
}

#[test]
fn a_changed_plan_is_refused() {
    let json = plan().to_json();
    let cheaper = json.replacen("\"calls\":", "\"calls\":1", 1);
    assert_ne!(json, cheaper);
    assert_eq!(Plan::read(&cheaper), Err(ReadError::Changed));
}

#[test]
fn a_plan_of_another_version_is_refused() {
    let json = plan().to_json().replacen("flow.plan.v2", "flow.plan.v3", 1);
    assert_eq!(Plan::read(&json), Err(ReadError::OtherSchema("flow.plan.v3".to_owned())));
}

#[test]
fn a_field_that_is_not_known_is_refused() {
    let json = plan().to_json().replacen('{', "{\"more\":1,", 1);
    assert!(matches!(Plan::read(&json), Err(ReadError::NotAPlan(why)) if why.contains("more")));
    assert!(matches!(Plan::read("[]"), Err(ReadError::NotAPlan(_))));
    assert!(matches!(Plan::read("not JSON"), Err(ReadError::NotAPlan(_))));
}

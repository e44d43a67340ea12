//! `flow test` from outside: what it says, how it ends, and that it asks nobody.

use flow_tests::command::Project;

const DESK: &str = r#"
tier small = openai("gpt-5.4-mini")

enum Topic { Billing, Bug }

type Claim { text: Text<=40tok, sure: Score }

tool refund(order: Id, amount: Usd<=$50) -> Text<=20tok {
  from   exec("./nothing-is-there")
  effect money
  price  $0.00
  time   <= 5s
  gate   amount <= $20 else approve("lead", within 4h)
}

step solve(ask: Text<=40tok) -> Claim {
  on     small
  tools  refund <= 1
  turns  <= 2
  repair <= 1
  "{ask}"
}

pub flow desk(ask: Text<=40tok) -> Claim {
  budget cost <= $0.05, calls <= 4
  return solve(ask)
}

test "a small refund is paid" {
  given solve calls refund("A1", $12)
  given refund answers "paid"
  given solve answers Claim { text: "Paid.", sure: 0.9 }
  run   desk("give it back")
  then  status is done, result.text == "Paid.", refund is called, refund.calls == 1, solve.calls == 2
  then  spent.calls <= 2, spent.cost <= $0.05, spent.time <= 10s
}

test "a large refund waits for a person" {
  given solve calls refund("A1", $35)
  run   desk("give it back")
  then  refund is waiting, refund is not called, status is waiting
}

test "an answer that is no claim is repaired" {
  given solve answers "no idea"
  given solve answers load "claim.json"
  run   desk("why")
  then  status is done, solve.calls == 2
}
"#;

const CLAIM: &str = r#"{"text": "Because.", "sure": 0.5}"#;

#[test]
fn tests_run_on_what_they_give() {
    let project = Project::new(&[("main.flow", DESK), ("claim.json", CLAIM)]);
    let said = project.flow(&["test", "main.flow"]);
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.stdout.contains("3 passed"), "{said:#?}");
    let said = project.flow(&["test", "main.flow", "--format", "junit"]);
    assert!(said.stdout.contains("tests=\"3\" failures=\"0\""), "{said:#?}");
}

#[test]
fn a_test_that_fails_says_what_was_there() {
    let flow = DESK.replace("result.text == \"Paid.\"", "result.text == \"Kept.\"");
    let project = Project::new(&[("main.flow", &flow), ("claim.json", CLAIM)]);
    let said = project.flow(&["test", "main.flow"]);
    assert_eq!(said.code, 1, "{said:#?}");
    assert!(said.stdout.contains("`result.text == \"Kept.\"` does not hold"), "{said:#?}");
    assert!(said.stdout.contains("2 passed, 1 failed"), "{said:#?}");
    let said = project.flow(&["test", "--format", "json"]);
    assert_eq!((said.code, said.json()["failed"].as_u64()), (1, Some(1)), "{said:#?}");
}

#[test]
fn what_is_not_given_fails_the_test() {
    let flow = DESK.replace("  given refund answers \"paid\"\n", "");
    let project = Project::new(&[("main.flow", &flow), ("claim.json", CLAIM)]);
    let said = project.flow(&["test", "main.flow"]);
    assert_eq!(said.code, 1, "{said:#?}");
    assert!(said.stdout.contains("`refund` was reached, and nothing is given for it"), "{said:#?}");
}

#[test]
fn a_file_that_does_not_compile_ends_with_2() {
    let project = Project::new(&[("main.flow", &DESK.replace("status is waiting", "status is lost"))]);
    let said = project.flow(&["test", "main.flow"]);
    assert_eq!(said.code, 2, "{said:#?}");
    assert!(said.stderr.contains("E0442"), "{said:#?}");
}

#[test]
fn every_template_has_tests_that_pass() {
    let project = Project::new(&[]);
    let help = project.flowc(&["new", "--help"]).stdout;
    let (_, listed) = help.split_once("Templates:\n").expect("the templates");
    let names: Vec<&str> =
        listed.lines().map_while(|line| line.strip_prefix("  ")?.split_whitespace().next()).collect();
    assert!(names.len() >= 6 && names.contains(&"hello"), "{names:?}");
    for name in names {
        let made = project.flowc(&["new", name, "--template", name]);
        assert_eq!(made.code, 0, "{made:#?}");
        let mut command = project.command("flow");
        command.current_dir(project.path().join(name)).args(["test", "--format", "json"]);
        let said = flow_tests::command::Said::of(&mut command);
        assert_eq!(said.code, 0, "{name}: {said:#?}");
        assert!(said.json()["passed"].as_u64() > Some(0), "{name} has no test: {said:#?}");
    }
}

//! Ceilings over many runs and processes, seen from outside: whatever is asked at once, the bill stays below the limit, in a file and on
//! a server of Postgres.

use std::process::{Child, Stdio};

use flow_tests::command::{Project, Said};
use flow_tests::mockllm::{MockLlm, Mode, Script};
use flow_tests::postgres::Postgres;
use serde_json::{Value, json};

use crate::commands::assert_valid;
use crate::run::{KEY, nanos, project};

/// A request is at most 59 tokens in and 20 out, so $0.000259 at `unit`, and costs $0.0001 or so; `spare` has the same prices.
const FLOW: &str = r#"
tier unit  = model("unit")
tier spare = model("spare")

ceiling support {
  cost <= $0.002 per 30d by caller.tenant
  soft 50%
  OVER
}

step answer(q: Text<=10tok) -> Text<=20tok {
  on     unit
  output <= 20tok
  time   <= 5s

  "Say {raw q}"
}

pub flow ask(q: Text<=10tok) -> Text<=20tok {
  budget cost <= $0.01, calls <= 1
  under  support

  return answer(q) else "nobody"
}
"#;

/// Where the ledgers of a test are: in the project, or in a database of a server.
struct Desk {
    project: Project,
    database: Option<String>,
}

impl Desk {
    fn both(over: &str, models: &[(&str, &MockLlm)]) -> Vec<Desk> {
        let server = Postgres::shared().map(|server| Some(server.database()));
        let make = |database| Desk { project: project(&FLOW.replace("OVER", over), models), database };
        [Some(None), server].into_iter().flatten().map(make).collect()
    }

    fn flow(&self, args: &[&str]) -> Said {
        Said::of(&mut self.command(args))
    }

    fn ask(&self, tenant: &str) -> Said {
        self.flow(&[
            "run",
            "main.flow",
            "--json",
            "--input",
            r#"{"q": "hello"}"#,
            "--caller",
            &format!("tenant={tenant}"),
        ])
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = self.project.command("flow");
        command.env("UNIT_API_KEY", KEY).args(args);
        if let Some(address) = &self.database {
            command.env("FLOW_DATABASE_URL", address);
        }
        command
    }

    fn at_once(&self, tenant: &str) -> Child {
        let input =
            ["run", "main.flow", "--json", "--input", r#"{"q": "hello"}"#, "--caller", &format!("tenant={tenant}")];
        self.command(&input).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("flow starts")
    }

    /// The window of a tenant, as `flow report` has it.
    fn window(&self, tenant: &str) -> Value {
        let report = self.flow(&["report", "--json"]).json();
        let windows = report["ceilings"].as_array().expect("windows").clone();
        windows.into_iter().find(|window| window["by"]["value"] == tenant).expect("a window of the tenant")
    }

    fn audited(&self) {
        let audit = self.flow(&["audit"]);
        assert_eq!(audit.code, 0, "{audit:#?}");
        assert!(audit.stdout.ends_with(": every counter is the sum of its rows\n"), "{audit:#?}");
    }
}

fn spent(window: &Value) -> u64 {
    let text = window["spent"].as_str().expect("an amount");
    text.parse::<flow_compiler::cost::Money>().expect("an amount").nanos()
}

#[test]
fn a_tenant_at_its_ceiling_is_refused_and_others_are_not() {
    let mock = MockLlm::start(Script::always(Mode::Correct)).expect("a port");
    for desk in Desk::both("", &[("unit", &mock), ("spare", &mock)]) {
        let before = mock.books().total();
        let (mut done, mut warned) = (0, 0);
        let refused = loop {
            let said = desk.ask("acme");
            warned += u32::from(said.stderr.contains("warning: the ceiling `support` is near: "));
            match said.code {
                0 => done += 1,
                _ => break said,
            }
            assert!(done < 50, "it has no end");
        };
        assert!(done > 3, "{refused:#?}");
        assert_eq!((refused.code, warned), (5, 1), "{refused:#?}");
        let json = refused.json();
        // No `else` hides it, and it looks like nothing that is worth trying again.
        assert_eq!((&json["status"], &json["reason"]), (&json!("refused"), &json!("Exhausted")));
        let why = json["detail"].as_str().unwrap_or_default();
        let said = "the ceiling `support`: cost would reach $0.00";
        assert!(
            why.starts_with(said) && why.contains("per 30d is allowed for tenant `acme`; the next window begins at "),
            "{why}"
        );
        assert_eq!(desk.ask("zoo").code, 0, "another tenant has a window of its own");

        let (acme, bill) = (spent(&desk.window("acme")), nanos(mock.books().total()) - nanos(before));
        assert_eq!(acme + spent(&desk.window("zoo")), bill, "to the nano-dollar");
        assert!(acme <= 2_000_000, "{acme}");
        desk.audited();
        let report = desk.flow(&["report"]).stdout;
        assert!(report.contains("tenant acme") && report.contains("$0.002 per 30d"), "{report}");
    }
}

#[test]
fn many_processes_at_once_stay_below_one_ceiling() {
    let mock = MockLlm::start(Script::always(Mode::Correct)).expect("a port");
    for desk in Desk::both("", &[("unit", &mock), ("spare", &mock)]) {
        let before = nanos(mock.books().total());
        let runs: Vec<Child> = (0..24).map(|_| desk.at_once("acme")).collect();
        let ends = runs.into_iter().map(|run| run.wait_with_output().expect("it ends").status.code());
        let ends: Vec<Option<i32>> = ends.collect();
        assert!(ends.iter().all(|end| matches!(end, Some(0 | 5))), "{ends:?}");
        assert!(ends.contains(&Some(0)) && ends.contains(&Some(5)), "{ends:?}");
        let bill = nanos(mock.books().total()) - before;
        assert!(bill <= 2_000_000, "{bill}");
        assert_eq!(spent(&desk.window("acme")), bill);
        desk.audited();
    }
}

#[test]
fn the_tiers_of_a_ceiling_answer_where_it_is_reached_and_then_a_person() {
    let dear = MockLlm::start(Script::always(Mode::Correct)).expect("a port");
    let small = MockLlm::start(Script::always(Mode::Correct)).expect("a port");
    let over = "over => on spare | escalate(\"ceiling\", to: \"lead\")";
    for desk in Desk::both(over, &[("unit", &dear), ("spare", &small)]) {
        // The smaller tier is cheaper by its prices, so that there is room for it where there is none for the other.
        let config = std::fs::read_to_string(desk.project.path().join("flow.toml")).expect("its models");
        let (first, second) = config.split_once("[models.spare]").expect("two models");
        let cheaper = second.replace("input = \"1.00\", output = \"10.00\"", "input = \"0.20\", output = \"2.00\"");
        desk.project.write("flow.toml", format!("{first}[models.spare]{cheaper}"));
        let asked = || (dear.books().entries.len(), small.books().entries.len());
        let before = asked();
        let mut causes = Vec::new();
        let escalated = loop {
            let said = desk.ask("acme");
            if said.code != 0 {
                break said;
            }
            let trace = desk.flow(&["trace"]).stdout;
            let moved = trace.contains("spare (ceiling): held ");
            assert!(moved || trace.contains("unit: held "), "{trace}");
            causes.push(moved);
            assert!(causes.len() < 80, "it has no end");
        };
        let json = escalated.json();
        assert_eq!((escalated.code, &json["status"], &json["reason"]), (3, &json!("escalated"), &json!("ceiling")));
        assert!(
            escalated.json()["detail"].as_str().is_some_and(|why| why.contains("the ceiling `support`")),
            "{json:#}"
        );
        let turn = causes.iter().position(|moved| *moved).expect("it moved");
        assert!(turn > 0 && causes[turn..].iter().all(|moved| *moved), "{causes:?}");
        let after = asked();
        assert_eq!((after.0 - before.0, after.1 - before.1), (turn, causes.len() - turn));
        desk.audited();
    }
}

#[test]
fn the_days_of_a_ceiling_are_those_of_its_time_zone() {
    let mock = MockLlm::start(Script::always(Mode::Correct)).expect("a port");
    for desk in Desk::both("cost <= $0.01 per 1d in \"Asia/Kathmandu\"", &[("unit", &mock), ("spare", &mock)]) {
        assert_eq!(desk.ask("acme").code, 0);
        let windows = desk.flow(&["report", "--json"]).json()["ceilings"].as_array().expect("windows").clone();
        let day = windows.iter().find(|window| window["zone"] == "Asia/Kathmandu").expect("a day in Kathmandu");
        // It is a quarter to six there where it is midnight in London.
        for end in ["starts_at", "ends_at"] {
            assert!(day[end].as_str().is_some_and(|at| at.contains("18:15:00")), "{day:#}");
        }
        assert!(
            windows.iter().any(|window| window["zone"].is_null() && window["by"]["value"] == "acme"),
            "{windows:#?}"
        );
        let report = desk.flow(&["report"]).stdout;
        assert!(report.contains("$0.01 per 1d in \"Asia/Kathmandu\""), "{report}");
        desk.audited();
    }
}

#[test]
fn a_limit_that_is_edited_is_another_version_and_a_shadow_refuses_nothing() {
    let mock = MockLlm::start(Script::always(Mode::Correct)).expect("a port");
    for desk in Desk::both("", &[("unit", &mock), ("spare", &mock)]) {
        let edit = |from: &str, to: &str| {
            let flow = std::fs::read_to_string(desk.project.path().join("main.flow")).expect("the flow");
            assert!(flow.contains(from), "{flow}");
            desk.project.write("main.flow", flow.replace(from, to));
        };
        let first = desk.ask("acme").json()["run"].clone();
        let before = spent(&desk.window("acme"));
        // A limit that is smaller than what one request may take refuses everything, and forgets nothing of what was spent.
        edit("$0.002 per 30d", "$0.0002 per 30d");
        let refused = desk.ask("acme");
        assert_eq!((refused.code, spent(&desk.window("acme"))), (5, before), "{refused:#?}");
        let said = "warning: the ceiling `support` has another limit for all runs from now on: $0.0002 of cost per 30d; it was $0.002 since ";
        assert!(refused.stderr.contains(said), "{refused:#?}");
        edit("soft 50%", "shadow");
        let (one, two) = (desk.ask("acme"), desk.ask("acme"));
        assert_eq!((one.code, two.code), (0, 0), "{one:#?} {two:#?}");
        let said = "it is a shadow, so nothing was refused";
        assert!(one.stderr.contains(said) && !two.stderr.contains(said), "{one:#?} {two:#?}");
        let trace = desk.flow(&["trace", one.json()["run"].as_str().expect("an id")]).stdout;
        assert!(trace.contains("alert shadow: the ceiling `support`: cost would reach $0.000"), "{trace}");

        let json = desk.flow(&["ceilings", "--json"]).json();
        assert_valid("flow.ceilings.v1", &json);
        let limits: Vec<&Value> =
            json["limits"].as_array().expect("limits").iter().filter(|row| row["ceiling"] == "support").collect();
        let versions: Vec<_> =
            limits.iter().map(|row| (&row["version"], row["limit"].as_str(), &row["shadow"])).collect();
        assert_eq!(
            versions,
            [
                (&json!(1), Some("0.002000000"), &json!(false)),
                (&json!(2), Some("0.000200000"), &json!(false)),
                (&json!(3), Some("0.000200000"), &json!(true))
            ]
        );
        assert_eq!(
            (&limits[0]["run"], &limits[0]["flow"], &limits[0]["by"]),
            (&first, &json!("ask"), &json!("tenant"))
        );
        let kinds: Vec<_> = json["alerts"].as_array().expect("alerts").iter().map(|alert| &alert["kind"]).collect();
        assert_eq!(kinds, ["changed", "changed", "shadow"]);
        assert_eq!(
            (&json["windows"][0]["beyond"], &json["windows"][0]["shadow"]),
            (&json!(2), &json!(true)),
            "{json:#}"
        );
        let shown = desk.flow(&["ceilings"]).stdout;
        assert!(shown.contains("(shadow, 2 above it)") && shown.contains("3 *"), "{shown}");
        desk.audited();
    }
}

#[test]
fn a_route_looks_at_what_is_spent_of_a_ceiling_and_spares_the_rest() {
    let dear = MockLlm::start(Script::always(Mode::Correct)).expect("a port");
    let small = MockLlm::start(Script::always(Mode::Correct)).expect("a port");
    for desk in Desk::both("", &[("unit", &dear), ("spare", &small)]) {
        let flow = std::fs::read_to_string(desk.project.path().join("main.flow")).expect("the flow");
        let route = "route careful() {\n  spent(support) >= 30% => spare\n  left(support) <= 5% => spare\n  _ => unit\n}\n\nstep answer";
        desk.project.write("main.flow", flow.replace("step answer", route).replace("on     unit", "on     careful()"));
        let models: Vec<bool> = (0..20)
            .map(|_| {
                let before = small.books().entries.len();
                let said = desk.ask("acme");
                assert_eq!(said.code, 0, "{said:#?}");
                small.books().entries.len() > before
            })
            .collect();
        let turn = models.iter().position(|spared| *spared).expect("it moved");
        assert!(turn > 0 && models[turn..].iter().all(|spared| *spared), "{models:?}");
        // It moved where 30 % were spent, and before the limit was reached.
        let window = spent(&desk.window("acme"));
        assert!((600_000..2_000_000).contains(&window), "{window}");
        // What another tenant has spent is nothing to this one; who is not known cannot be looked up.
        let before = dear.books().entries.len();
        assert_eq!((desk.ask("zoo").code, dear.books().entries.len()), (0, before + 1));
        let nobody = desk.flow(&["run", "main.flow", "--json", "--input", r#"{"q": "hello"}"#]);
        assert_eq!((nobody.code, &nobody.json()["code"]), (64, &json!("E0911")), "{nobody:#?}");
        desk.audited();
    }
}

#[test]
fn a_new_ledger_allows_little_a_day_until_somebody_decides_otherwise() {
    let mock = MockLlm::start(Script::always(Mode::Correct)).expect("a port");
    for desk in Desk::both("", &[("unit", &mock), ("spare", &mock)]) {
        let flow = std::fs::read_to_string(desk.project.path().join("main.flow")).expect("the flow");
        desk.project.write("main.flow", flow.replace("  under  support\n", "").replace("$0.01", "$50.00"));
        let config = std::fs::read_to_string(desk.project.path().join("flow.toml")).expect("its models");
        // A request holds $2.00 or so, and costs much less.
        desk.project.write("flow.toml", config.replace("output = \"10.00\"", "output = \"100000.00\""));
        let before = nanos(mock.books().total());
        let mut done = 0;
        let refused = loop {
            let said = desk.ask("acme");
            match said.code {
                0 => done += 1,
                _ => break said,
            }
            assert!(done < 50, "it has no end");
        };
        let why = refused.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert_eq!((refused.code, &refused.json()["reason"]), (5, &json!("Exhausted")), "{refused:#?}");
        assert!(
            why.contains("the ceiling `workspace`: cost would reach ") && why.contains("at most $5.00 per 1d"),
            "{why}"
        );
        assert!(why.ends_with("`flow ceilings --workspace '$…'` allows more"), "{why}");
        assert!(done > 0 && before <= nanos(mock.books().total()));
        // Nothing else does: it takes a word, and is kept with its reason.
        for wrong in ["50", "$-1", "$", "$99999999999999"] {
            assert_eq!(desk.flow(&["ceilings", "--workspace", wrong]).code, 64, "{wrong}");
        }
        let set = desk.flow(&["ceilings", "--workspace", "$100", "--by", "ada", "--note", "a campaign", "--json"]);
        assert_eq!(set.code, 0, "{set:#?}");
        assert_valid("flow.ceilings.v1", &set.json());
        let last = set.json()["limits"].as_array().expect("limits").last().expect("a version").clone();
        assert_eq!(
            (&last["version"], &last["limit"], &last["who"]),
            (&json!(2), &json!("100.000000000"), &json!("ada"))
        );
        assert_eq!(last["note"], "a campaign");
        assert_eq!(desk.ask("acme").code, 0);
        desk.audited();
    }
}

#[test]
fn a_ceiling_for_each_tenant_wants_to_know_the_tenant() {
    let mock = MockLlm::start(Script::always(Mode::Correct)).expect("a port");
    let desk = Desk::both("", &[("unit", &mock), ("spare", &mock)]).remove(0);
    let said = desk.flow(&["run", "main.flow", "--json", "--input", r#"{"q": "hello"}"#]);
    assert_eq!((said.code, &said.json()["code"]), (64, &json!("E0911")), "{said:#?}");
    assert!(said.json()["help"].to_string().contains("--caller tenant=…"), "{said:#?}");
    assert_eq!(mock.books().entries.len(), 0, "nothing was sent");
}

#[test]
fn a_database_that_is_none_or_not_there_is_refused_and_its_password_not_told() {
    let mock = MockLlm::start(Script::always(Mode::Correct)).expect("a port");
    let mut desk = Desk::both("", &[("unit", &mock), ("spare", &mock)]).remove(0);
    for (address, code) in
        [("mysql://ann:hunter2@db/books", "E0910"), ("postgres://ann:hunter2@127.0.0.1:9/books", "E0905")]
    {
        desk.database = Some(address.to_owned());
        let said = desk.ask("acme");
        assert_eq!((said.code, &said.json()["code"]), (64, &json!(code)), "{said:#?}");
        assert!(!format!("{said:?}").contains("hunter2"), "{said:#?}");
    }
    assert_eq!(mock.books().entries.len(), 0, "nothing was sent");
}

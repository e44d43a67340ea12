//! Clocks that jump, in the middle of a run and between its processes, with the real `flow`: windows stay below their limits, the time of a
//! run stays below its bound, what waits is decided once.

use flow_tests::command::{Project, Said};
use flow_tests::mockllm::{MockLlm, Mode, Script};
use flow_tests::postgres::Postgres;
use serde_json::{Value, json};

use crate::run::{KEY, nanos, project};

/// A request is held at $0.000259 at most.
const FLOW: &str = r#"
tier unit = model("unit")

ceiling support {
  cost <= $0.0015 per 1d
  cost <= $0.0008 per 1h
  cost <= $0.002 per 1d in "Europe/Berlin"
}

step answer(q: Text<=10tok) -> Text<=20tok {
  on     unit
  output <= 20tok
  time   <= 5s
  retry  <= 1

  "Say {raw q}"
}

pub flow all(qs: Text<=10tok[<=4]) -> Text<=20tok[<=4] {
  budget cost <= $0.01, calls <= 8, time <= 2m
  under  support
  return each q in qs, parallel <= 2 { answer(q) else skip }
}
"#;

const INPUT: &str = r#"{"qs": ["one", "two", "three", "four"]}"#;

const DAY: i64 = 86_400_000;

/// Jumps from one look at the clock to the next.
fn jumps() -> [String; 5] {
    [
        "0".to_owned(),
        format!("0,{DAY},{}", -DAY),
        format!("{},0,3600000", -3 * DAY),
        "3600000,-3600000,1,-1,7200000".to_owned(),
        // Before 1970, and long after everything.
        format!("{},{}", -30_000 * DAY, 30_000 * DAY),
    ]
}

/// A project whose ledger is in it, or on a server.
struct Desk {
    project: Project,
    database: Option<String>,
}

impl Desk {
    fn both(make: impl Fn() -> Project) -> impl Iterator<Item = Desk> {
        let places = [Some(None), Postgres::shared().map(|server| Some(server.database()))];
        places.into_iter().flatten().map(move |database| Desk { project: make(), database })
    }

    fn flow(&self, clock: &str, fault: &str, args: &[&str]) -> Said {
        let mut command = self.project.command("flow");
        command.env("UNIT_API_KEY", KEY).env("FLOW_CLOCK", clock).env("FLOW_FAULT", fault).args(args);
        command.envs(self.database.iter().map(|address| ("FLOW_DATABASE_URL", address)));
        Said::of(&mut command)
    }
}

impl Desk {
    /// A process that died is followed by others whose clocks go otherwise.
    fn go_on(&self) -> Value {
        for clock in jumps().iter().cycle().take(200) {
            // A server may take a moment to notice that a process is gone.
            let said = self.flow(clock, "", &["resume", "--all", "--json"]);
            assert!([0, 5].contains(&said.code), "{said:#?}");
            if let Some(run) = said.json()["runs"].get(0) {
                return run.clone();
            }
        }
        panic!("nothing can go on");
    }
}

fn amount(of: &Value) -> u64 {
    of.as_str().expect("an amount").parse::<flow_compiler::cost::Money>().expect("an amount").nanos()
}

#[test]
fn a_clock_that_jumps_passes_no_limit_and_loses_nothing() {
    let mock = MockLlm::start(Script::always(Mode::Correct)).expect("a port");
    for desk in Desk::both(|| project(FLOW, &[("unit", &mock)])) {
        let before = nanos(mock.books().total());
        let (mut spent, mut deaths) = (0, 0);
        for clock in jumps() {
            for fault in ["", "settle-durable:2", "hold-durable:3"] {
                let said = desk.flow(&clock, fault, &["run", "main.flow", "--json", "--input", INPUT]);
                deaths += u32::from(said.code == -1);
                let json = if said.code == -1 { desk.go_on() } else { said.json() };
                assert!(
                    ["done", "refused"].contains(&json["status"].as_str().unwrap_or_default()),
                    "{said:#?} {json:#}"
                );
                spent += amount(&json["spent"]["cost"]);
                assert!(amount(&json["spent"]["cost"]) <= amount(&json["bound"]["cost"]), "{json:#}");
                assert!(json["spent"]["time_ms"].as_u64() <= json["bound"]["time_ms"].as_u64(), "{json:#}");
            }
        }
        let billed = nanos(mock.books().total()) - before;
        assert!(billed <= spent, "{billed} of {spent}");
        assert!(deaths >= 2, "{deaths} processes died");
        assert!(spent >= 1_000_000, "days that the clock jumps to have room of their own: {spent}");
        let audit = desk.flow("0", "", &["audit"]);
        assert_eq!(audit.code, 0, "{audit:#?}");
        for window in windows(&desk) {
            assert!(window.0 + window.1 <= window.2 && window.1 == 0, "{window:?}");
        }
        for verb in [&["report"][..], &["trace"], &["bom"], &["ceilings"], &["waiting"]] {
            assert_eq!(desk.flow(&jumps()[4], "", verb).code, 0, "{verb:?}");
        }
    }
}

/// What is settled and held of every window, and its limit.
fn windows(desk: &Desk) -> Vec<(u64, u64, u64)> {
    let sql = "SELECT settled, held, most FROM periods";
    match &desk.database {
        Some(address) => {
            let said = Postgres::shared().expect("a server").sql(address, &format!("SET search_path = flow; {sql}"));
            let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).expect("a number");
            let row = |line: &str| {
                let mut parts = line.split('|');
                (number(parts.next()), number(parts.next()), number(parts.next()))
            };
            said.lines().map(row).collect()
        }
        None => {
            let ledger = rusqlite::Connection::open(desk.project.path().join(".flow/ledger.db")).expect("a ledger");
            let mut statement = ledger.prepare(sql).expect("a statement");
            let number = |row: &rusqlite::Row<'_>, at| row.get::<_, i64>(at).map(i64::unsigned_abs);
            let rows = statement.query_map([], |row| Ok((number(row, 0)?, number(row, 1)?, number(row, 2)?)));
            rows.expect("rows").collect::<Result<_, _>>().expect("numbers")
        }
    }
}

const PAYS: &str = r#"
/// Pays.
tool pay(id: Id, amount: Usd<=$50) -> Text<=20tok {
  from   exec("sh", "-c", "cat >> paid.txt; echo >> paid.txt; echo paid")
  effect money
  price  $0.00
  time   <= 5s
  gate   amount <= $20 else approve("support-lead", within 4h)
}

pub flow main(amount: Usd<=$50) -> Text<=20tok {
  budget cost <= $0.00, tools <= 1
  return pay("A1", amount) else "not paid"
}
"#;

#[test]
fn what_waits_while_the_clock_jumps_is_decided_once() {
    let make = || Project::new(&[("flow.toml", "[project]\nname = \"rests\"\n"), ("main.flow", PAYS)]);
    for desk in Desk::both(make) {
        for (clock, wanted) in [(format!("{}", -DAY), "paid"), ("0".to_owned(), "paid"), (DAY.to_string(), "not paid")]
        {
            let paid =
                || std::fs::read_to_string(desk.project.path().join("paid.txt")).map_or(0, |text| text.lines().count());
            let before = paid();
            let run = desk.flow("0", "", &["run", "main.flow", "--json", "--input", r#"{"amount": 35}"#]);
            let id = run.json()["run"].as_str().expect("an id").to_owned();
            let approved = desk.flow(&clock, "", &["approve", &id, "--json"]);
            // Within a day nobody answered; a day before it was asked there is time enough.
            let done = match wanted {
                "paid" => approved,
                _ => {
                    assert_eq!((approved.code, &approved.json()["code"]), (64, &json!("E0977")), "{approved:#?}");
                    desk.flow(&clock, "", &["resume", &id, "--json"])
                }
            };
            assert_eq!((done.code, &done.json()["result"]), (0, &json!(wanted)), "{clock}: {done:#?}");
            let spent = (&done.json()["spent"]["time_ms"], &done.json()["bound"]["time_ms"]);
            assert!(spent.0.as_u64() <= spent.1.as_u64(), "{clock}: {spent:?}");
            assert_eq!(paid() - before, usize::from(wanted == "paid"));
            assert_eq!(desk.flow("0", "", &["approve", &id, "--json"]).code, 64, "it is over");
        }
        assert_eq!(desk.flow("0", "", &["audit"]).code, 0);
    }
}

use flow_compiler::cost::Money;
use flow_compiler::program::{Enum, EnumId, Field, Record, RecordId, TextSize, Ty, Types, Variant};
use serde_json::{Value as Json, json};

use super::{Sizer, Source, Value, read, shown, to_json};

fn types() -> Types {
    let field = |name: &str, ty: Ty| Field { name: name.into(), docs: String::new(), ty };
    let size = TextSize { tokens: 4, chars: 32, bytes: 32 };
    Types {
        records: vec![Record {
            name: "Ticket".into(),
            docs: String::new(),
            fields: vec![
                field("body", Ty::Text(size)),
                field("price", Ty::Usd { most: Money::from_nanos(50_000_000_000) }),
                field("sure", Ty::Optional(Box::new(Ty::Score))),
            ],
        }],
        enums: vec![Enum {
            name: "Action".into(),
            docs: String::new(),
            variants: vec![
                Variant { name: "Wait".into(), docs: String::new(), fields: vec![] },
                Variant {
                    name: "Refund".into(),
                    docs: String::new(),
                    fields: vec![field("amount", Ty::Int { low: 1, high: 9 })],
                },
            ],
        }],
    }
}

fn reading(json: &Json, ty: &Ty, source: Source) -> Result<Value, String> {
    read(json, ty, "t", &types(), &Sizer::default(), source).map_err(|misfit| misfit.to_string())
}

#[test]
fn what_is_read_is_written_the_same() {
    let cases = [
        (json!({"body": "hé", "price": 12.5, "sure": 0.85}), Ty::Record(RecordId(0))),
        (json!({"body": "", "price": 0, "sure": null}), Ty::Record(RecordId(0))),
        (
            json!(["Wait", {"Refund": {"amount": 3}}]),
            Ty::List { element: Box::new(Ty::Enum(EnumId(0))), low: 0, high: 2 },
        ),
        (json!("2026-11-23"), Ty::Date),
    ];
    for (json, ty) in cases {
        let value = reading(&json, &ty, Source::Input).unwrap();
        assert_eq!(to_json(&value, &types()), json);
    }
}

#[test]
fn the_smallest_amount_is_read() {
    // JSON has `1e-9` for what a person writes `0.000000001`.
    let most = Money::from_nanos(5_000_000_000);
    let read = |text: &str| reading(&serde_json::from_str(text).unwrap(), &Ty::Usd { most }, Source::Input);
    assert_eq!(read("0.000000001"), Ok(Value::Usd(Money::from_nanos(1))));
    assert_eq!(read("1.5e-7"), Ok(Value::Usd(Money::from_nanos(150))));
    assert!(read("1e-10").is_err());
    assert!(read("1e300").is_err());
}

#[test]
fn what_does_not_fit_is_named_by_its_path() {
    let ticket = Ty::Record(RecordId(0));
    let cases = [
        (json!({"body": "x".repeat(33), "price": 1}), ticket.clone(), "`t.body` is 33 bytes, at most 32 are allowed"),
        (json!({"body": "", "price": 50.01}), ticket.clone(), "`t.price` is $50.01, at most $50.00 is allowed"),
        (json!({"body": ""}), ticket.clone(), "`t.price` is missing"),
        (json!({"body": 3, "price": 1}), ticket.clone(), "`t.body` is 3, not a text"),
        (json!({"bdy": ""}), ticket, "`t.bdy` is no field that was asked for"),
        (json!({"Refund": {"amount": 10}}), Ty::Enum(EnumId(0)), "`t.Refund.amount` is 10, allowed is 1 to 9"),
        (json!("Refund"), Ty::Enum(EnumId(0)), "`t` is \"Refund\" without `amount`"),
        (json!("Wat"), Ty::Enum(EnumId(0)), "`t` is \"Wat\", allowed is \"Wait\" or \"Refund\""),
        (json!(1.005), Ty::Score, "`t` is 1.005, a score has two decimals"),
        (json!(1.01), Ty::Score, "`t` is 1.01, allowed is 0.00 to 1.00"),
        (json!(-0.01), Ty::Score, "`t` is -0.01, allowed is 0.00 to 1.00"),
        (json!(1e300), Ty::Score, "`t` is 1e+300, allowed is 0.00 to 1.00"),
        (json!("2026-02-30"), Ty::Date, "`t` is no day like \"2026-11-23\""),
    ];
    for (json, ty, problem) in cases {
        assert_eq!(reading(&json, &ty, Source::Input), Err(problem.to_owned()), "{json}");
    }
}

#[test]
fn an_answers_score_is_rounded() {
    assert_eq!(reading(&json!(0.857), &Ty::Score, Source::Answer), Ok(Value::Score(86)));
    assert_eq!(reading(&json!(1), &Ty::Score, Source::Answer), Ok(Value::Score(100)));
}

#[test]
fn a_tools_result_is_cut() {
    let text = Ty::Text(TextSize { tokens: 9, chars: 3, bytes: 4 });
    assert_eq!(reading(&json!("éééé"), &text, Source::Tool), Ok(Value::text("éé")));
    let list = Ty::List { element: Box::new(Ty::Bool), low: 0, high: 1 };
    assert_eq!(reading(&json!([true, 3]), &list, Source::Tool), Ok(Value::list(vec![Value::Bool(true)])));
}

#[test]
fn holes_show_values_for_people() {
    let types = types();
    assert_eq!(shown(&Value::Usd(Money::from_nanos(12_500_000_000)), &types), "12.50");
    assert_eq!(shown(&Value::Usd(Money::from_nanos(500_000)), &types), "0.0005");
    assert_eq!(shown(&Value::Score(7), &types), "0.07");
    assert_eq!(shown(&Value::Variant(EnumId(0), 0, [].into()), &types), "Wait");
}

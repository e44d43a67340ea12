//! A conversation and nothing else: every text is passed on as long as it is, and every result is longer than what a model is told
//! where a call is not made. So its bound is what some run takes, and a rule of it that counts too much shows.

use super::models::Models;
use super::{Chance, Piece};

/// The tool, the step that may call it, and a flow that calls the step.
pub(super) fn pieces(chance: &mut Chance, models: &Models) -> Vec<Piece> {
    let (calls, result) = (chance.between(1, 2), chance.between(43, 60));
    let (given, said) = (chance.between(1, 12), chance.between(1, 12));
    let tool = [
        "from exec(\"./tool\")".to_owned(),
        "effect read".to_owned(),
        format!("price $0.{:05}", chance.below(3000)),
        format!("time <= {}ms", chance.between(1, 20) * 50),
    ];
    let keep = *chance.one(&["", ", keep all", ", keep last 1", ", keep last 2"]);
    let mut step = vec![format!("on {}", models.ladder(chance, 1)), format!("tools tool0 <= {calls}")];
    step.push(format!("turns <= {}{keep}", chance.between(2, 4)));
    if chance.once_in(4) {
        step.push("think <= 7tok".to_owned());
    }
    step.push("\"\"\"\nDo it. {raw p0}\n\"\"\"".to_owned());
    let flow = ["budget calls <= 1_000_000_000", "return step0(a0)"];
    let lines = |lines: &[String]| lines.iter().map(|line| Piece::lines(line)).collect();
    vec![
        Piece::block(
            format!("/// Does one thing.\ntool tool0(p0: Text<=4tok) -> Text<={result}tok {{"),
            lines(&tool),
            "}",
        ),
        Piece::block(format!("step step0(p0: Text<={given}tok) -> Text<={said}tok {{"), lines(&step), "}"),
        Piece::block(
            format!("pub flow main(a0: Text<={given}tok) -> Text<={said}tok {{"),
            flow.map(Piece::lines).to_vec(),
            "}",
        ),
    ]
}

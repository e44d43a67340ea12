//! What to do now, where whoever found a mistake did not say it better. In: a code. Out: a sentence that names what to type.

use super::{Code, Diagnostic};

/// Adds what is usually to be done to those that say nothing about it.
pub fn add(diagnostics: &mut [Diagnostic]) {
    for problem in diagnostics.iter_mut().filter(|problem| problem.help.is_empty() && problem.fix.is_none()) {
        problem.help.extend(usual(problem.code).map(str::to_owned));
    }
}

/// What is usually to be done.
fn usual(code: Code) -> Option<&'static str> {
    Some(match code.as_str() {
        "E0101" | "E0104" => return None,
        "E0301" => {
            "declare it, take it from another file with `use notes { … }`, or bind it with `let` before this line"
        }
        "E0302" => "rename one of the two, or leave one out",
        "E0304" => "choose another name",
        "E0307" => "move what both need into a third file",
        "E0401" => {
            "give it what is wanted here: a condition asks, as in `not empty(x)` or `x is Bug`; `each` takes a list; a text is made with `text(x)`"
        }
        "E0402" => "name one of its fields",
        "E0403" => "call a step, a flow, a tool or a function by its name: `solve(q)`",
        "E0404" => "give one argument for each parameter, in their order",
        "E0405" => "write every field once: `Name { field: value }`",
        "E0406" => "add the arms that are missing, or a last arm `_ => …`",
        "E0407" => "leave the arm out, or move it before the one that takes its values",
        "E0409" => {
            "a step, a flow or a tool gives a value when it is called: `solve(q)`; a record is made with `Name { … }`"
        }
        "E0410" => "both sides are numbers, both amounts such as `$3`, both scores such as `0.60`, or both texts",
        "E0411" => "let it hold an `Id` of the other value, or a list of parts that have another type",
        "E0412" => "use a type that may stand here",
        "E0413" => "`it` and `.field` stand in `accept`, and in `all`, `any` and `count`",
        "E0416" => "write it behind the parameters: `-> Text<=64tok`",
        "E0419" => "write a value that its type can have",
        "E0501" => "write the size behind the type: `Text<=64tok`, `Int in 0..100`, `Usd<=$50`, `T[<=8]`",
        "E0502" => {
            "make the place larger, or the value smaller: `x cut 60tok` keeps the head of a text, `xs[..3]` of a list"
        }
        "E0503" => "write the unit: `64tok`, `200char`, `4kb`, `$0.02`, `20s`",
        "E0504" => "write a number that is allowed here",
        "E0505" => "make its parts smaller",
        "E0506" => "write the smaller end first: `0..9`, `[2..5]`; a size is 1 or more",
        "E0507" => "shorten what is assigned to the size of the `var`: `x = (a + b) cut 40tok`",
        "E0602" => "write what is missing on a line of its own",
        "E0603" => "name each tool once",
        "E0604" => {
            "`embed` and `classify` take the tier of an embedding model, steps the tier of a chat model; `flowc models` shows the kind of each"
        }
        "E0605" => "end it with `_ => small`",
        "E0606" => "see `flowc explain E0606` for what may stand here",
        "E0607" => "name a parameter of the tool",
        "E0608" => "leave `{format}` out: a step that answers with a text has no format",
        "E0609" => "`seen(x)` stands in the `gate` of a tool, `env(\"NAME\")` in its `from`",
        "E0701" => "repeat with `loop <= n { … }`, or go through a list with `each`",
        "E0703" => "leave a flow with `return`, drop an element of an `each` with `skip`",
        "E0704" => "leave a `loop` with `break`, a flow with `return`",
        "E0705" => "bind what can fail or leave to a name before this line",
        "E0707" => "the dimensions are `cost`, `calls`, `turns`, `tools`, `input`, `output`, `tokens` and `time`",
        "E0708" => "call it before, with `let x = …`, and use `x` here",
        "E0709" => "end the flow with `return …`",
        "E0710" => "use the list that the `each` gives: `let all = each x in xs { … }`",
        "E0711" => "write `else escalate(\"reason\")`, or `else return …`",
        "E0712" => "tighter limits stand behind the call of a flow; a step is held by its clauses",
        "E0713" => "make it a `var` with its type: `var x: Text<=40tok = …`",
        "E0717" => "choose another name: within a flow a name means one thing",
        "W0715" => "leave it out, or move it before what ends the flow",
        "W0716" => "bind it with `let`, return it, or leave it out",
        "E0805" => "`flowc models` lists the models",
        "E0806" => "the providers are those of `flowc models`; an entry of flow.toml is named by `model(\"name\")`",
        _ => return None,
    })
}

//! Generated programs of any size, each of one shape.

use std::fmt::Write as _;

/// A flow that calls so many steps one after the other, each declared on its own.
pub(crate) fn distinct_steps(count: usize) -> String {
    let mut text = String::from("tier small = local(\"smollm2-135m-instruct\")\n");
    for step in 0..count {
        let _ = write!(
            text,
            "step s{step}(q: Text<=20tok) -> Text<=20tok {{\n  on small\n  retry <= 1\n  \"Step {step} reads this: {{q}}\"\n}}\n"
        );
    }
    text.push_str("flow main(q: Text<=20tok) -> Text<=20tok {\n  budget cost <= $9\n  let v0 = s0(q)\n");
    for step in 1..count {
        let _ = writeln!(text, "  let v{step} = s{step}(v{})", step - 1);
    }
    let _ = writeln!(text, "  return v{}\n}}", count - 1);
    text
}

/// A flow that calls three steps so many times, with a condition, a list and a handler now and then.
pub(crate) fn many_calls(count: usize) -> String {
    let mut text = String::from(
        "tier small = local(\"smollm2-135m-instruct\") | openai(\"gpt-5-mini\")
step ask(q: Text<=20tok) -> Text<=20tok {
  on small
  retry <= 1
  \"Answer: {q}\"
}
step fine(q: Text<=20tok) -> Bool {
  on small
  \"Is it fine? {q}\"
}
flow main(q: Text<=20tok, xs: Text<=20tok[<=3]) -> Text<=20tok {
  budget cost <= $9000
  let v0 = ask(q)
",
    );
    for call in 1..count {
        let _ = match call % 10 {
            3 => writeln!(text, "  let v{call} = if fine(v{}) {{ ask(v{}) }} else {{ \"no\" }}", call - 1, call - 1),
            6 => writeln!(
                text,
                "  let l{call} = each x in xs, parallel <= 2 {{ ask(x) else skip }}\n  let v{call} = ask(v{})",
                call - 1
            ),
            8 => writeln!(text, "  let v{call} = ask(v{}) else \"none\"", call - 1),
            _ => writeln!(text, "  let v{call} = ask(v{})", call - 1),
        };
    }
    let _ = writeln!(text, "  return v{}\n}}", count - 1);
    text
}

const HEAD: &str = "tier small = local(\"smollm2-135m-instruct\")
step ask(q: Text<=20tok) -> Text<=20tok {
  on small
  retry <= 1
  \"Answer: {q}\"
}
";

/// So many conditions on one parameter, one after the other, with a step in each arm.
pub(crate) fn many_ifs(count: usize) -> String {
    let mut text = format!(
        "{HEAD}flow main(q: Text<=20tok, n: Int in 0..9) -> Text<=20tok {{\n  budget cost <= $9000\n  let v0 = ask(q)\n"
    );
    for call in 1..count {
        let before = call - 1;
        let _ = writeln!(text, "  let v{call} = if n > {} {{ ask(v{before}) }} else {{ ask(q) }}", call % 9);
    }
    let _ = writeln!(text, "  return v{}\n}}", count - 1);
    text
}

/// So many conditions on one `var`, each of which may change it.
pub(crate) fn many_ifs_on_a_var(count: usize) -> String {
    let mut text =
        format!("{HEAD}flow main(q: Text<=20tok) -> Text<=20tok {{\n  budget cost <= $9000\n  var draft = ask(q)\n");
    for call in 0..count {
        let _ = writeln!(text, "  if contains(draft, \"mark {call}\") {{ draft = ask(draft) }}");
    }
    text.push_str("  return draft\n}\n");
    text
}

/// So many arms of `else if`, in choices of a hundred.
pub(crate) fn long_else_if(count: usize) -> String {
    let mut text = format!(
        "{HEAD}flow main(q: Text<=20tok, n: Int in 0..100) -> Text<=20tok {{\n  budget cost <= $9000\n  var draft = q\n"
    );
    for arm in 0..count {
        let word = if arm % 100 == 0 { "if" } else { "else if" };
        let _ = writeln!(text, "  {word} n == {} {{ draft = ask(draft) }}", arm % 100);
    }
    text.push_str("  return draft\n}\n");
    text
}

/// A loop that sets one `var` so many times.
pub(crate) fn many_assignments(count: usize) -> String {
    let mut text = format!(
        "{HEAD}flow main(q: Text<=20tok) -> Text<=20tok {{\n  budget cost <= $9000\n  var draft = ask(q)\n  loop <= 3 {{\n"
    );
    for _ in 0..count {
        text.push_str("    draft = ask(draft)\n");
    }
    text.push_str("  }\n  return draft\n}\n");
    text
}

/// A `match` with so many arms.
pub(crate) fn long_match(count: usize) -> String {
    let mut text = format!("{HEAD}enum Kind {{\n");
    for variant in 0..count {
        let _ = writeln!(text, "  K{variant}");
    }
    text.push_str(
        "}\nflow main(q: Text<=20tok, kind: Kind) -> Text<=20tok {\n  budget cost <= $9000\n  return match kind {\n",
    );
    for variant in 0..count {
        let _ = writeln!(text, "    K{variant} => ask(q),");
    }
    text.push_str("  }\n}\n");
    text
}

//! Texts of any size, each of one kind of thing: deep, long, wrong, or many.

/// A name and a text of about so many bytes.
pub type Shape = (&'static str, fn(usize) -> String);

/// All of them.
#[must_use]
pub fn shapes() -> Vec<Shape> {
    vec![
        ("open parentheses", |size| format!("flow f() -> T {{ return {}", "(".repeat(size))),
        ("open braces", |size| format!("flow f() -> T {{ {}", "{".repeat(size))),
        ("open brackets", |size| "[".repeat(size)),
        ("closing braces", |size| "}".repeat(size)),
        ("one long word", |size| "x".repeat(size)),
        ("one long line of words", |size| "word ".repeat(size / 5)),
        ("one long text", |size| format!("flow f() -> T {{ return \"{}\" }}", "x".repeat(size))),
        ("an open text", |size| format!("\"{}", "x".repeat(size))),
        ("an open block text", |size| format!("step s() -> T {{\n\"\"\"{}", "x\n".repeat(size / 2))),
        ("many quotes", |size| "\"".repeat(size)),
        ("a prompt of holes", |size| format!("step s() -> T {{\n on a\n \"\"\"{}\"\"\"\n}}", "{x}".repeat(size / 3))),
        ("a prompt of open holes", |size| format!("step s() -> T {{\n on a\n \"\"\"{}\"\"\"\n}}", "{".repeat(size))),
        ("a prompt of tags", |size| format!("step s() -> T {{\n on a\n \"\"\"{}\"\"\"\n}}", "{if a}".repeat(size / 6))),
        ("bad characters", |size| "§ ".repeat(size / 3)),
        ("comments", |size| "// c\n".repeat(size / 5)),
        ("documentation", |size| "/// c\n".repeat(size / 6)),
        ("blank lines", |size| "\n".repeat(size)),
        ("items", |size| (0..size / 14).map(|n| format!("alias A{n} = Id\n")).collect()),
        ("items of one name", |size| "alias Same = Id\n".repeat(size / 16)),
        ("broken items", |size| "flow f( -> {\n".repeat(size / 13)),
        ("fields", |size| {
            format!("type T {{\n{}}}\n", (0..size / 8).map(|n| format!("f{n}: Id\n")).collect::<String>())
        }),
        ("a long sum", |size| format!("flow f() -> T {{ return a{} }}", " + a".repeat(size / 4))),
        ("a long list", |size| format!("flow f() -> T {{ return [{}] }}", "a, ".repeat(size / 3))),
        ("statements", |size| {
            format!(
                "flow f() -> Id {{\n{} return a0 }}",
                (0..size / 12).map(|n| format!("let a{n} = \"\"\n")).collect::<String>()
            )
        }),
        ("commas", |size| format!("flow f() -> T {{ return f({}) }}", ",".repeat(size))),
        ("brackets in a row", |size| format!("flow f() -> T {{ return a{} }}", "[0]".repeat(size / 3))),
        ("else after else", |size| format!("flow f() -> T {{ return a{} }}", " else a".repeat(size / 7))),
        ("names in the wrong case", |size| (0..size / 20).map(|n| format!("alias my_{n} = Id\n")).collect()),
        ("unknown names", |size| format!("flow f() -> Bool {{\n{}}}\n", "x\n".repeat(size / 2))),
    ]
}

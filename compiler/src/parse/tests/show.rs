#[test]
fn dump() {
    let path = std::env::var("FLOW_DUMP").unwrap_or_default();
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let parsed = crate::parse::parse(crate::source::SourceId(0), &text);
    eprintln!("{:#?}", parsed.value);
    let source = crate::source::Source::new("x", text);
    for d in parsed.diagnostics {
        let at = source.position(d.span.unwrap_or_default().start);
        eprintln!(
            "{at:?} {} {} | {:?} | {:?} | {:?}",
            d.code,
            d.message,
            d.labels.iter().map(|l| &l.text).collect::<Vec<_>>(),
            d.help,
            d.fix.map(|f| f.replacement)
        );
    }
}

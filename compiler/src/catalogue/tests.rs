use super::*;

#[test]
fn the_models_that_ship_are_read_without_a_remark() {
    let Checked { value, diagnostics } = Catalogue::read(SourceId::default(), STANDARD);
    assert_eq!(diagnostics, []);
    assert!(value.list().len() >= 5);
}

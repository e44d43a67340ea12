//! The provider's own books beside the ledger, by two processes at once, some of them killed.

use std::path::Path;

use flow_tests::books::compare;
use flow_tests::postgres::Postgres;

#[test]
fn the_bill_is_below_the_ledger_and_the_ledger_below_its_limits() {
    let program = Path::new(env!("CARGO_BIN_EXE_books"));
    let server = Postgres::shared();
    for kill in [false, true] {
        for database in [None].into_iter().chain(server.map(|server| Some(server.database()))) {
            let compared = compare(program, database.as_deref(), 2_500, kill, 7);
            assert_eq!(compared.wrong(), None);
        }
    }
}

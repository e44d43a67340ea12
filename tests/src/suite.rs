//! The suite: flows that say themselves what is said about them. In: a `.flow` file of `tests/suite`. Out: its cases, and for each
//! what the compiler says, standing under the text it is about.
//!
//! ```text
//! //=== slip: `=` for `<=`
//! step greet(name: Text<=16tok) -> Text<=40tok {
//!   on small
//!   retry = 1
//!       //^ error[E0103]: a bound is written with `<=`, not `=`
//!       //= help: write `retry <= 1`: at most 1
//!       //= fix: write `<=`
//!   "Greet {name}."
//! }
//! ```
//!
//! A file holds one case, or several behind `//===` lines; a case holds `main.flow`, and further files behind `//--- path` lines.
//! Names of `tests/suite/prelude.flow` that a case uses and does not declare are declared behind it. What is about no place stands
//! in front, behind `//!!`.

pub mod case;
pub mod notes;
pub mod prelude;
pub mod said;

pub use case::{Case, Command, Kind};
pub use said::{Answer, answer};

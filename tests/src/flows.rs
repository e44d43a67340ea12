//! Random flows that compile, with catalogues of models. In: a seed. Out: texts, the same for the same seed.
//!
//! A flow is text made of [`Piece`]s, so that it can be read, kept in a file, and made smaller where it shows something.

#![expect(clippy::wildcard_enum_match_arm, reason = "most types are like the others here")]

mod body;
mod chance;
mod clauses;
mod models;
mod piece;
mod standing;
mod talk;
mod value;

pub use chance::Chance;
pub use piece::{Piece, shrink, text as text_of};

use body::Writer;
use models::Models;
use value::{Declared, Kind};

/// A program for the real compiler.
#[derive(Clone, Debug)]
pub struct Case {
    /// The seed it was made from.
    pub seed: u64,
    /// The entries of the catalogue, as `flow.toml` has them, and servers of tools.
    pub models: String,
    /// The text, in parts that can be left out.
    pub pieces: Vec<Piece>,
}

/// What kind of programs are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Everything the language has.
    Wild,
    /// One token is one byte, prices have no fraction, and few things happen: small enough to try all that can.
    Small,
}

impl Case {
    /// The program of a seed.
    #[must_use]
    pub fn new(seed: u64, shape: Shape) -> Case {
        let mut chance = Chance::new(seed);
        let models = Models::new(&mut chance, shape);
        let mut declared = Declared::new(&mut chance, shape);
        let mut pieces = vec![Piece::lines(&models.tiers())];
        if shape == Shape::Small && chance.once_in(8) {
            pieces.extend(talk::pieces(&mut chance, &models));
            return Case { seed, models: models.toml(), pieces };
        }
        pieces.extend(standing::names(&declared));
        pieces.extend(declared.pieces());
        pieces.extend(standing::beyond(&mut chance, &models, &declared));
        pieces.extend(clauses::judges(&mut chance, &models, &mut declared));
        pieces.extend(clauses::routes(&mut chance, &models, &mut declared));
        pieces.extend(clauses::tools(&mut chance, &mut declared));
        pieces.extend(clauses::steps(&mut chance, &models, &mut declared));
        // The last flow is the one that is run; those before it may be called.
        let helpers = chance.below(3);
        for index in 0..=helpers {
            let name = if index == helpers { "main".to_owned() } else { format!("helper{index}") };
            pieces.push(Writer::new(&mut chance, &models, &mut declared).flow(&name));
        }
        let server = if declared.beyond { standing::SERVER } else { "" };
        Case { seed, models: models.toml() + server, pieces }
    }

    /// The text of the program.
    #[must_use]
    pub fn text(&self) -> String {
        piece::text(&self.pieces)
    }
}

/// A callable thing: a step, a tool or a flow.
#[derive(Clone, Debug)]
struct Callable {
    name: String,
    params: Vec<Kind>,
    result: Kind,
}

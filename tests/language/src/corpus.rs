//! Where fuzzing without a fuzzer begins: the texts of the repository, and generated programs.

use crate::generate::program;
use crate::mutate::mutated;
use crate::random::Random;
use crate::repository::{blocks, files};

/// Texts to change.
pub struct Corpus(Vec<String>);

impl Corpus {
    /// What the repository has now.
    #[must_use]
    pub fn of_repository() -> Corpus {
        Corpus(files().into_iter().chain(blocks()).map(|text| text.text).collect())
    }

    /// The changed text of a seed.
    #[must_use]
    pub fn changed(&self, seed: u64) -> String {
        let mut random = Random::new(seed);
        let text = match random.below(4) {
            0 => program(seed),
            _ => self.part(&mut random),
        };
        mutated(&text, seed)
    }

    /// A part of a text, so that many are looked at in little time.
    fn part(&self, random: &mut Random) -> String {
        let Some(text) = self.0.get(random.below(self.0.len())) else { return String::new() };
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let from = random.below(lines.len());
        lines.iter().skip(from).take(1 + random.below(30)).copied().collect()
    }
}

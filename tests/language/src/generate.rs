//! Programs from the grammar, by a seed. In: a number. Out: a text without syntax errors, with every construct of the language,
//! odd white space and comments. What it means makes no sense.

mod control;
mod exams;
mod exprs;
mod items;
mod prompts;
mod types;

use crate::random::Random;

/// The program of a seed.
#[must_use]
pub fn program(seed: u64) -> String {
    let mut generator = Generator {
        random: Random::new(seed),
        out: String::new(),
        open: Vec::new(),
        depth: 0,
        tidy: seed.is_multiple_of(3),
    };
    generator.file();
    generator.out
}

/// A program that is being written, token by token.
struct Generator {
    random: Random,
    out: String,
    /// The brackets that are open.
    open: Vec<char>,
    depth: u32,
    /// Whether white space is as people write it.
    tidy: bool,
}

/// Names of values and other things in lower case.
const NAMES: [&str; 16] = [
    "a", "x", "xs", "topic", "answers", "draft_2", "fix", "input", "output", "time", "text", "format", "person", "q1",
    "window", "keep",
];

const TYPES: [&str; 8] = ["Bool", "Ticket", "Score", "Id", "Draft", "Answer", "A1", "Date"];

const VARIANTS: [&str; 5] = ["Legal", "Bug", "HowTo", "Refund", "B2"];

impl Generator {
    // --- tokens ---

    /// A token on the line of the one before it.
    fn same(&mut self, token: &str) {
        let spaces = if self.tidy { 1 } else { self.random.below(4).saturating_sub(1) };
        let count = if self.needs_space(token) { spaces.max(1) } else { spaces };
        let space = if !self.tidy && self.random.one_in(40) { "\t" } else { " " };
        self.out.push_str(&space.repeat(count));
        self.push(token);
    }

    /// A token; inside of `(` and `[`, line breaks and comments may stand before it.
    fn token(&mut self, token: &str) {
        if matches!(self.open.last(), Some('(' | '[')) {
            return self.any(token);
        }
        self.same(token);
    }

    /// A token before which a line may break.
    fn any(&mut self, token: &str) {
        if !self.tidy && self.random.one_in(12) {
            self.line();
        }
        self.same(token);
    }

    /// Several tokens, parted by spaces.
    fn tokens(&mut self, tokens: &str) {
        for token in tokens.split(' ') {
            self.token(token);
        }
    }

    fn push(&mut self, token: &str) {
        match token {
            "(" | "[" | "{" => self.open.push(token.chars().next().unwrap_or('(')),
            ")" | "]" | "}" => drop(self.open.pop()),
            _ => {}
        }
        self.out.push_str(token);
    }

    /// Whether two tokens would be read as one.
    fn needs_space(&self, token: &str) -> bool {
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '%' | '"');
        self.out.ends_with(part) && token.starts_with(part)
    }

    /// Ends the line, with a comment and blank lines now and then.
    fn line(&mut self) {
        if self.random.one_in(12) {
            let text = self.random.of(&["// why", "//", "//// not documentation", "//x \"{ ( ü"]);
            self.out.push(' ');
            self.out.push_str(text);
        }
        self.out.push('\n');
        while self.random.one_in(10) {
            let text = self.random.of(&["", "  ", "   // on a line of its own", "// ]"]);
            self.out.push_str(text);
            self.out.push('\n');
        }
        let indent = if self.tidy { 2 * self.open.len() } else { self.random.below(9) };
        self.out.push_str(&" ".repeat(indent));
    }

    fn docs(&mut self) {
        while self.random.one_in(5) {
            let text = self.random.of(&["/// What it is.", "///", "///  `code`, \"quotes\""]);
            self.out.push_str(text);
            self.out.push('\n');
        }
    }

    // --- parts ---

    fn name(&mut self) {
        let name = self.random.of(&NAMES);
        self.token(name);
    }

    fn type_name(&mut self) {
        let name = self.random.of(&TYPES);
        self.token(name);
    }

    fn variant(&mut self) {
        let name = self.random.of(&VARIANTS);
        self.token(name);
    }

    /// Whether a part has room for parts of its own.
    fn deeper(&mut self) -> bool {
        self.depth < 5 && !self.random.one_in(3)
    }

    fn nested(&mut self, part: impl FnOnce(&mut Self)) {
        self.depth += 1;
        part(self);
        self.depth -= 1;
    }

    /// Elements between brackets: between commas, in braces also on lines of their own.
    fn list(&mut self, open: &str, least: usize, most: usize, element: impl Fn(&mut Self, usize)) {
        self.same(open);
        let close = match open {
            "(" => ")",
            "[" => "]",
            _ => "}",
        };
        let brace = open == "{";
        let count = least + self.random.below(most + 1 - least);
        for index in 0..count {
            if brace && self.random.one_in(3) {
                self.line();
            }
            element(self, index);
            let last = index + 1 == count;
            if brace && self.random.one_in(2) {
                self.line();
            } else if !last || self.random.one_in(5) {
                self.token(",");
            }
        }
        if brace && self.random.one_in(2) {
            self.line();
        }
        self.token(close);
    }

    /// A body of clauses, in any order, each at most once.
    fn body(&mut self, clauses: &[&dyn Fn(&mut Self)], least: usize) {
        let mut left: Vec<usize> = (0..clauses.len()).collect();
        self.any("{");
        self.line();
        let count = least + self.random.below(clauses.len() + 1 - least);
        for _ in 0..count {
            let chosen = left.remove(self.random.below(left.len()));
            clauses[chosen](self);
            self.line();
        }
        self.token("}");
    }
}

//! Types, literals and amounts.

use super::Generator;

impl Generator {
    pub(super) fn ty(&mut self) {
        self.type_name();
        match self.random.below(5) {
            0 | 1 => {
                self.token("<=");
                self.amount();
            }
            2 => {
                self.token("in");
                self.amount();
                self.token("..");
                self.amount();
            }
            _ => {}
        }
        while self.random.one_in(3) {
            if self.random.one_in(2) {
                self.same("?");
                continue;
            }
            self.same("[");
            match self.random.below(4) {
                0 => {}
                1 => {
                    self.amount();
                    self.token("..");
                    self.amount();
                }
                _ => {
                    self.token("<=");
                    self.amount();
                }
            }
            self.token("]");
        }
    }

    /// What is known before a run.
    pub(super) fn amount(&mut self) {
        if self.random.one_in(6) {
            self.same("most");
        } else {
            self.number();
        }
        while self.depth < 6 && self.random.one_in(8) {
            let sign = self.random.of(&["+", "*", "-"]);
            self.same(sign);
            if self.random.one_in(3) {
                self.same("(");
                self.nested(Self::amount);
                self.token(")");
            } else {
                self.number();
            }
        }
    }

    fn number(&mut self) {
        let number = self.random.of(&[
            "0", "3", "1_000", "64tok", "200char", "4kb", "250ms", "8s", "3m", "4h", "7d", "95%", "$0.02", "$1_000",
            "0.75",
        ]);
        self.token(number);
    }

    pub(super) fn literal(&mut self) {
        match self.random.below(8) {
            0 => {
                let word = self.random.of(&["true", "false", "null"]);
                self.token(word);
            }
            1 | 2 => {
                let text = self.random.of(&[
                    "\"\"",
                    "\"text\"",
                    "\"a \\\"b\\\" \\\\ \\n\\t\"",
                    "\"\\u{1F600} ü // no comment {\"",
                    "\"\"\"on one line\"\"\"",
                ]);
                self.token(text);
            }
            3 => {
                self.token("-");
                let number = self.random.of(&["3", "0.5", "$2"]);
                self.same(number);
            }
            4 => {
                let text = self.block_text(&["one", "", "  two \"quoted\"", "{ü}"]);
                self.token(&text);
            }
            _ => self.number(),
        }
    }

    /// A text over several lines, at some indentation.
    pub(super) fn block_text(&mut self, lines: &[&str]) -> String {
        let margin = self.random.of(&["", "  ", "      ", "\t"]);
        let mut text = String::from("\"\"\"\n");
        for line in lines {
            // Also lines of blanks, which may be shorter than the margin.
            if !line.is_empty() || self.random.one_in(2) {
                text.push_str(margin);
            }
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(margin);
        text.push_str("\"\"\"");
        text
    }
}

//! Expressions.

use super::Generator;

impl Generator {
    /// An expression with its `else`.
    pub(super) fn expr(&mut self) {
        self.nested(|g| {
            g.condition();
            while g.depth < 5 && g.random.one_in(8) {
                g.any("else");
                match g.random.below(4) {
                    0 => g.token("skip"),
                    1 => g.escalate(),
                    2 => g.token("break"),
                    _ => g.condition(),
                }
            }
        });
    }

    /// An expression without `else`.
    pub(super) fn condition(&mut self) {
        self.nested(|g| {
            if !g.deeper() {
                return g.value();
            }
            match g.random.below(12) {
                0 => g.joined("or", Self::compared),
                1 => g.joined("and", Self::compared),
                2 => {
                    g.token("not");
                    g.compared();
                }
                3 | 4 => g.compared(),
                5 => g.sum(),
                6 => {
                    g.sum();
                    g.token("cut");
                    g.amount();
                }
                7 => {
                    g.sum();
                    g.token("fit");
                    g.same("2000tok");
                    g.token("by");
                    g.name();
                }
                8 => g.when(),
                9 => {
                    g.token("(");
                    g.call();
                    g.any("within");
                    g.limits();
                    g.token(")");
                }
                10 => g.control(),
                _ => g.value(),
            }
        });
    }

    fn joined(&mut self, word: &str, part: fn(&mut Self)) {
        part(self);
        for _ in 0..=self.random.below(2) {
            self.any(word);
            part(self);
        }
    }

    fn compared(&mut self) {
        self.sum();
        match self.random.below(6) {
            0 => {
                let sign = self.random.of(&["==", "!=", "<", "<=", ">", ">="]);
                self.any(sign);
                self.sum();
            }
            1 => {
                self.token("is");
                if self.random.one_in(2) {
                    self.token("not");
                }
                self.pattern();
            }
            2 => {
                if self.random.one_in(2) {
                    self.token("not");
                    self.same("in");
                } else {
                    self.token("in");
                }
                self.token("[");
                self.variant();
                self.token("]");
            }
            3 => {
                self.token("is");
                self.same("case.topic");
            }
            _ => {}
        }
    }

    fn sum(&mut self) {
        self.product();
        while self.random.one_in(5) {
            if self.random.one_in(3) {
                self.same("-");
            } else {
                self.any("+");
            }
            self.product();
        }
    }

    fn product(&mut self) {
        if self.random.one_in(10) {
            self.token("-");
            self.same("a");
        } else {
            self.value();
        }
        while self.random.one_in(8) {
            self.any("*");
            self.value();
        }
    }

    fn when(&mut self) {
        self.call();
        self.same("when");
        self.condition();
        self.any("else");
        self.condition();
    }

    pub(super) fn call(&mut self) {
        let name = self.random.of(&["solve", "len", "all", "seen", "f"]);
        self.token(name);
        self.list("(", 0, 3, |g, _| g.nested(Self::expr));
    }

    /// A value and what hangs on it.
    fn value(&mut self) {
        self.simple();
        while self.random.one_in(5) {
            match self.random.below(4) {
                0 => {
                    self.same("[");
                    self.nested(Self::expr);
                    self.token("]");
                }
                1 => {
                    self.same("[");
                    if self.random.one_in(2) {
                        self.amount();
                    }
                    self.token("..");
                    if self.random.one_in(2) {
                        self.amount();
                    }
                    self.token("]");
                }
                _ => {
                    self.any(".");
                    let field = self.random.of(&["text", "cites", "else", "in", "size"]);
                    self.same(field);
                }
            }
        }
    }

    fn simple(&mut self) {
        let choice = if self.depth < 6 { self.random.below(14) } else { 13 };
        match choice {
            0 | 1 => self.literal(),
            2 => {
                self.token(".");
                self.same("sure");
            }
            3 | 4 => self.call(),
            5 => {
                self.token("[");
                self.elements("]");
            }
            6 => {
                self.token("(");
                self.nested(Self::expr);
                self.token(")");
            }
            7 => {
                self.variant();
                self.list("{", 0, 3, |g, _| {
                    g.name();
                    g.token(":");
                    g.nested(Self::expr);
                });
            }
            8 => self.variant(),
            9 => self.built_in(),
            _ => self.name(),
        }
    }

    /// The rest of a list that is open.
    fn elements(&mut self, close: &str) {
        let count = self.random.below(4);
        for index in 0..count {
            self.nested(Self::expr);
            if index + 1 < count || self.random.one_in(5) {
                self.token(",");
            }
        }
        self.token(close);
    }

    fn built_in(&mut self) {
        match self.random.below(4) {
            0 => {
                self.token("classify");
                self.same("(");
                self.nested(Self::condition);
                self.tokens(", into : Topic )");
                self.tokens("by reader");
            }
            1 => {
                self.token("embed");
                self.same("(");
                self.nested(Self::condition);
                self.token(")");
                self.tokens("by reader");
            }
            2 => self.escalate(),
            _ => {
                self.token("ask");
                self.same("person");
                self.same("(");
                self.tokens("\"lead\" , within");
                self.amount();
                self.token(")");
                self.any("->");
                self.ty();
                // Without a question, what follows would be read as a part of the type.
                self.template();
            }
        }
    }

    pub(super) fn escalate(&mut self) {
        self.token("escalate");
        self.same("(");
        self.nested(Self::condition);
        if self.random.one_in(2) {
            self.tokens(", to : \"lead\"");
        }
        self.token(")");
    }
}

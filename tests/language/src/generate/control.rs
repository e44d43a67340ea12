//! Statements, blocks and patterns.

use super::Generator;

impl Generator {
    pub(super) fn statements(&mut self) {
        for _ in 0..self.random.below(5) {
            self.nested(Self::statement);
            self.line();
        }
    }

    fn block(&mut self) {
        self.same("{");
        if self.random.one_in(2) {
            self.nested(Self::statement);
        } else {
            self.line();
            self.statements();
        }
        self.token("}");
    }

    fn statement(&mut self) {
        match self.random.below(10) {
            0..=2 => {
                let word = self.random.of(&["let", "let", "var"]);
                self.token(word);
                self.name();
                if self.random.one_in(4) {
                    self.token(":");
                    self.ty();
                }
                self.token("=");
                self.expr();
            }
            3 => {
                self.token("draft");
                self.token("=");
                self.expr();
            }
            4 if self.depth < 5 => {
                self.token("loop");
                if !self.random.one_in(6) {
                    self.token("<=");
                    self.amount();
                }
                self.block();
            }
            5 => {
                self.token("check");
                self.condition();
                self.any("else");
                self.expr();
            }
            6 => {
                self.token("return");
                if !self.random.one_in(4) {
                    self.expr();
                }
            }
            7 if self.depth < 5 => self.control(),
            8 if self.depth < 5 => self.if_(false),
            _ => self.call(),
        }
    }

    pub(super) fn control(&mut self) {
        match self.random.below(4) {
            0 => self.if_(true),
            1 => {
                self.token("match");
                self.head();
                self.list("{", 1, 3, |g, _| {
                    g.arm_pattern();
                    g.token("=>");
                    g.nested(Self::expr);
                });
            }
            2 => {
                self.tokens("each item in");
                self.head();
                if self.random.one_in(2) {
                    self.tokens(", parallel <=");
                    self.amount();
                }
                self.block();
            }
            _ => self.block(),
        }
    }

    /// Where it is a value, its `else` is its own.
    fn if_(&mut self, whole: bool) {
        self.token("if");
        self.head();
        self.block();
        if whole || self.random.one_in(2) {
            self.any("else");
            if self.random.one_in(3) && self.depth < 5 {
                self.nested(|g| g.if_(whole));
            } else {
                self.block();
            }
        }
    }

    /// What stands in front of a block: no record, whose brace would be taken for the block's.
    pub(super) fn head(&mut self) {
        let head = self.random.of(&[
            "q",
            "t . topic",
            "a and b",
            "x is Bug",
            "not empty ( xs )",
            "xs [ 0 ]",
            "f ( A { b : 1 } )",
        ]);
        for token in head.split(' ') {
            self.same(token);
        }
    }

    pub(super) fn pattern(&mut self) {
        match self.random.below(5) {
            0 => self.token("empty"),
            1 => self.token("null"),
            2 => self.token("3"),
            _ => self.variant(),
        }
    }

    pub(super) fn arm_pattern(&mut self) {
        match self.random.below(6) {
            0 => self.token("_"),
            1 => {
                let literal = self.random.of(&["3", "\"x\"", "true", "null", "$1"]);
                self.token(literal);
            }
            2 => {
                self.variant();
                self.list("{", 0, 2, |g, _| g.name());
            }
            _ => self.variant(),
        }
    }
}

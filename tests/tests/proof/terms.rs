//! Random flows: the same one as a term of the proof and in the language.
//!
//! An effect is a tool with a price and a time. Order is made by data: each effect takes a value that everything before it has
//! gone into. A choice looks at a value that was just made, so that no two choices look at the same one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use flow_compiler::catalogue::Catalogue;
use flow_compiler::compile;
use flow_compiler::cost::Dimension;
use flow_compiler::source::{ReadError, World};

use super::Case;
use super::random::Random;

/// The files of a case.
pub(super) struct Files(pub(super) BTreeMap<&'static str, String>);

impl World for Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.0.get(path).map(|text| text.clone().into_bytes()).ok_or(ReadError::Missing)
    }
}

/// Where a part stands: what may leave it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Flow,
    Each,
    Loop,
    /// Beside something else: nothing may leave.
    Beside,
}

/// A flow on its way into text.
struct Writer<'r> {
    random: &'r mut Random,
    /// Tools and called flows.
    items: String,
    params: String,
    names: u64,
    depth: u64,
}

/// A part: its term, and the expression that stands for all of it.
struct Part {
    term: String,
    value: String,
}

/// One random flow.
pub(super) fn case(random: &mut Random) -> Case {
    let mut writer = Writer { random, items: String::new(), params: String::new(), names: 0, depth: 0 };
    let mut body = String::new();
    let part = writer.part(&mut body, "start", Inside::Flow, 2);
    let (items, params) = (writer.items, writer.params);
    let text = format!(
        "{items}\npub flow main(start: Bool{params}) -> Bool {{\n  budget time <= 720h\n{body}  return {}\n}}\n",
        part.value
    );
    let compiled = compile(&Files(BTreeMap::from([("main.flow", text.clone())])), "main.flow", Catalogue::standard());
    let plan = compiled.plan.unwrap_or_else(|| panic!("{text}\n{:#?}", compiled.diagnostics));
    let main = plan.program.flows.iter().position(|flow| flow.name == "main").expect("it is there");
    let bound = plan.ceilings.flows[main];
    Case { term: part.term, bound: (bound.get(Dimension::Cost), bound.time_ms), text }
}

impl Writer<'_> {
    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}_{}", self.names)
    }

    /// A part that comes after everything that `before` stands for.
    fn part(&mut self, to: &mut String, before: &str, inside: Inside, size: u64) -> Part {
        if size == 0 || self.depth > 5 {
            return self.leaf(to, before);
        }
        self.depth += 1;
        let part = match self.random.below(8) {
            0 => self.each(to, before, inside, size),
            // A loop changes a variable, and what changes one waits for all before it.
            1 if inside != Inside::Beside => self.repeat(to, before, size),
            2 => self.choice(to, before, inside, size),
            3 => self.beside(to, before, size),
            4 => self.call(to, before, size),
            5 => self.handled(to, before),
            _ => {
                let first = self.part(to, before, inside, size - 1);
                let second = self.part(to, &first.value, inside, size - 1);
                Part { term: format!("(Seq {} {})", first.term, second.term), value: second.value }
            }
        };
        self.depth -= 1;
        part
    }

    fn tool(&mut self) -> (String, String) {
        let (price, time) = (self.random.below(1000), self.random.within(1, 500));
        let name = self.name("tool");
        writeln!(
            self.items,
            "tool {name}(after: Bool) -> Bool {{\n  from exec(\"true\")\n  effect read\n  price $0.{price:09}\n  time <= {time}ms\n}}"
        )
        .expect("a text takes everything");
        (name, format!("(Leaf (R {price} {time}))"))
    }

    fn leaf(&mut self, to: &mut String, before: &str) -> Part {
        let (tool, term) = self.tool();
        let value = self.name("x");
        writeln!(to, "let {value} = {tool}({before})").expect("a text takes everything");
        Part { term, value }
    }

    fn each(&mut self, to: &mut String, before: &str, inside: Inside, size: u64) -> Part {
        let (most, parallel) = (self.random.within(1, 5), self.random.within(1, 4));
        let (list, item, made) = (self.name("list"), self.name("item"), self.name("made"));
        write!(self.params, ", {list}: Bool[<={most}]").expect("a text takes everything");
        let mut body = String::new();
        let inner = if inside == Inside::Beside { Inside::Beside } else { Inside::Each };
        let part = self.part(&mut body, before, inner, size - 1);
        writeln!(to, "let {made} = each {item} in {list}, parallel <= {parallel} {{\n{body}{}\n}}", part.value)
            .expect("a text takes everything");
        Part { term: format!("(Each {most} {parallel} {})", part.term), value: format!("all({made}, it)") }
    }

    fn repeat(&mut self, to: &mut String, before: &str, size: u64) -> Part {
        let most = self.random.within(1, 4);
        let held = self.name("held");
        let mut body = String::new();
        let part = self.part(&mut body, &held, Inside::Loop, size - 1);
        writeln!(to, "var {held}: Bool = {before}\nloop <= {most} {{\n{body}{held} = {}\n}}", part.value)
            .expect("a text takes everything");
        Part { term: format!("(Loop {most} {})", part.term), value: held }
    }

    fn choice(&mut self, to: &mut String, before: &str, inside: Inside, size: u64) -> Part {
        let asked = self.leaf(to, before);
        let leaves = match inside {
            Inside::Beside => None,
            Inside::Flow if self.random.below(2) == 0 => Some(("return false", "Returns")),
            Inside::Flow => Some(("escalate(\"no\")", "Escalates")),
            Inside::Each => Some(("skip", "Skips")),
            Inside::Loop => Some(("break", "Breaks")),
        };
        if let (Some((leave, exit)), true) = (leaves, self.random.below(2) == 0) {
            let mut body = String::new();
            let part = self.part(&mut body, &asked.value, inside, size - 1);
            writeln!(to, "if {} {{\n{body}{leave}\n}}", asked.value).expect("a text takes everything");
            let term = format!("(Seq {} (Choice (Seq {} (Leave {exit})) Nothing))", asked.term, part.term);
            return Part { term, value: asked.value };
        }
        let made = self.name("made");
        let (mut yes, mut no) = (String::new(), String::new());
        let (first, second) =
            (self.part(&mut yes, &asked.value, inside, size - 1), self.part(&mut no, &asked.value, inside, size - 1));
        writeln!(to, "let {made} = if {} {{\n{yes}{}\n}} else {{\n{no}{}\n}}", asked.value, first.value, second.value)
            .expect("a text takes everything");
        Part { term: format!("(Seq {} (Choice {} {}))", asked.term, first.term, second.term), value: made }
    }

    fn beside(&mut self, to: &mut String, before: &str, size: u64) -> Part {
        let (first, second) =
            (self.part(to, before, Inside::Beside, size - 1), self.part(to, before, Inside::Beside, size - 1));
        Part {
            term: format!("(Par {} {})", first.term, second.term),
            value: format!("({} and {})", first.value, second.value),
        }
    }

    fn call(&mut self, to: &mut String, before: &str, size: u64) -> Part {
        let (name, value) = (self.name("flow"), self.name("x"));
        let outer = std::mem::take(&mut self.params);
        let mut body = String::new();
        let part = self.part(&mut body, "start", Inside::Flow, size - 1);
        let params = std::mem::replace(&mut self.params, outer);
        writeln!(self.items, "flow {name}(start: Bool{params}) -> Bool {{\n{body}return {}\n}}", part.value)
            .expect("a text takes everything");
        // The caller passes its own lists on.
        let mut lists = String::new();
        for param in params.split(", ").filter(|param| !param.is_empty()) {
            let (list, _) = param.split_once(':').expect("a name and its type");
            write!(lists, ", {list}").expect("a text takes everything");
        }
        self.params.push_str(&params);
        writeln!(to, "let {value} = {name}({before}{lists})").expect("a text takes everything");
        Part { term: format!("(Call (Seq {} (Leave Returns)))", part.term), value }
    }

    fn handled(&mut self, to: &mut String, before: &str) -> Part {
        let ((first, a), (second, b)) = (self.tool(), self.tool());
        let value = self.name("x");
        writeln!(to, "let {value} = {first}({before}) else {second}({before})").expect("a text takes everything");
        Part { term: format!("(Else {a} {b})"), value }
    }
}

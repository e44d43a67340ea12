//! Types, and expressions of them.

use super::{Callable, Chance, Piece, Shape};

/// A type, as far as the generator has to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int(i64, i64),
    Usd,
    Score,
    Date,
    Id,
    /// So many tokens.
    Text(u64),
    /// A text whose size is written in another unit.
    Chars(u64),
    Kilo(u64),
    Json(u64),
    List(Box<Kind>, u64, u64),
    Optional(Box<Kind>),
    Record(usize),
    Enum(usize),
}

/// Names and their types.
type Fields = Vec<(String, Kind)>;

/// Everything that was declared so far.
pub(super) struct Declared {
    pub(super) shape: Shape,
    /// Whether it may have what this version of the runtime refuses before anything is sent.
    pub(super) beyond: bool,
    /// The constants `note` and `rounds`, and the size of the alias `Short`.
    pub(super) note: u64,
    pub(super) rounds: u64,
    pub(super) short: u64,
    /// How many steps say yes or no.
    pub(super) judges: u64,
    /// The fields of every record `R0`, `R1`, ….
    pub(super) records: Vec<Fields>,
    /// The variants of every enum `E0`, …; all but those of the last one are plain.
    pub(super) enums: Vec<Vec<(String, Fields)>>,
    pub(super) routes: Vec<Callable>,
    pub(super) tools: Vec<Callable>,
    pub(super) steps: Vec<Callable>,
    pub(super) flows: Vec<Callable>,
}

impl Declared {
    pub(super) fn new(chance: &mut Chance, shape: Shape) -> Declared {
        let none = Vec::new;
        let mut declared = Declared {
            shape,
            beyond: chance.once_in(if shape == Shape::Small { 3 } else { 6 }),
            note: chance.between(3, 11),
            rounds: chance.between(1, 3),
            short: chance.between(1, 24),
            judges: chance.between(1, 2),
            records: Vec::new(),
            enums: Vec::new(),
            routes: none(),
            tools: none(),
            steps: none(),
            flows: none(),
        };
        let names = [["Alpha", "Be", "Gamma"], ["Low", "Middling", "High"]];
        for variants in names {
            let count = usize::try_from(chance.between(2, 3)).unwrap_or(2);
            declared.enums.push(variants[..count].iter().map(|name| ((*name).to_owned(), Vec::new())).collect());
        }
        let carried = declared.scalar(chance);
        declared.enums.push(vec![
            ("Nothing".to_owned(), Vec::new()),
            ("Some1".to_owned(), vec![("carried".to_owned(), carried), ("note".to_owned(), Kind::Text(6))]),
        ]);
        for index in 0..chance.between(1, 2) {
            let mut fields =
                vec![("body".to_owned(), Kind::Text(chance.between(3, 20))), ("ok".to_owned(), Kind::Bool)];
            fields.push(("rank".to_owned(), Kind::Int(0, 9)));
            for number in 0..chance.between(0, 3) {
                let kind = if index > 0 && number == 0 { Kind::Record(0) } else { declared.kind(chance, 1) };
                fields.push((format!("f{number}"), kind));
            }
            declared.records.push(fields);
        }
        declared
    }

    /// A type without parts.
    pub(super) fn scalar(&self, chance: &mut Chance) -> Kind {
        if self.shape == Shape::Small {
            return match chance.below(6) {
                0 => Kind::Score,
                1 => Kind::Int(-2, 1000),
                2 => Kind::Enum(0),
                3 => Kind::Enum(1),
                _ => Kind::Bool,
            };
        }
        match chance.below(9) {
            0 | 1 => Kind::Bool,
            2 => Kind::Int(
                -(i64::try_from(chance.below(20)).unwrap_or(0)),
                i64::try_from(chance.below(2000)).unwrap_or(0),
            ),
            3 => Kind::Usd,
            4 => Kind::Score,
            5 => Kind::Date,
            6 => Kind::Id,
            _ => Kind::Enum(usize::try_from(chance.below(2)).unwrap_or(0)),
        }
    }

    /// A text.
    pub(super) fn text(&self, chance: &mut Chance) -> Kind {
        match (self.shape, chance.below(8)) {
            (Shape::Wild, 0) => Kind::Chars(chance.between(1, 20)),
            (Shape::Wild, 1) if chance.once_in(4) => Kind::Kilo(1),
            _ => Kind::Text(chance.between(1, 24)),
        }
    }

    /// Any type that a model or a tool may answer.
    pub(super) fn kind(&self, chance: &mut Chance, depth: u64) -> Kind {
        let ways = match (self.shape, depth) {
            (Shape::Small, 0) => 6,
            (Shape::Small, _) => 9,
            (Shape::Wild, 0) => 7,
            (Shape::Wild, _) => 13,
        };
        match chance.below(ways) {
            6 if self.shape == Shape::Small && !self.records.is_empty() => Kind::Record(0),
            0..=2 => self.scalar(chance),
            3..=5 => self.text(chance),
            6 if self.shape == Shape::Small => self.scalar(chance),
            6 => Kind::Json(chance.between(4, 12)),
            7..=8 => {
                let high = chance.between(1, 3);
                let low = if self.shape == Shape::Small { 0 } else { chance.below(2).min(high) };
                let of = match chance.below(5) {
                    0 | 1 if !self.records.is_empty() => Kind::Record(0),
                    _ => self.kind(chance, depth - 1),
                };
                Kind::List(Box::new(of), low, high)
            }
            9 => match self.kind(chance, depth - 1) {
                inner @ Kind::Optional(_) => inner,
                inner => Kind::Optional(Box::new(inner)),
            },
            10 if self.enums.len() > 2 => Kind::Enum(2),
            _ if !self.records.is_empty() => {
                Kind::Record(usize::try_from(chance.below(self.records.len() as u64)).unwrap_or(0))
            }
            _ => self.scalar(chance),
        }
    }

    /// The declarations of types.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        let fields = |fields: &[(String, Kind)]| {
            fields.iter().map(|(name, kind)| format!("{name}: {}", self.written(kind))).collect::<Vec<_>>()
        };
        let mut pieces = Vec::new();
        for (index, variants) in self.enums.iter().enumerate() {
            let variants = variants.iter().map(|(name, carried)| {
                let carried = fields(carried);
                let carried = if carried.is_empty() { String::new() } else { format!(" {{ {} }}", carried.join(", ")) };
                Piece::lines(&format!("/// what {name} is about\n{name}{carried}"))
            });
            pieces.push(Piece::block(format!("enum E{index} {{"), variants.collect(), "}"));
        }
        for (index, record) in self.records.iter().enumerate() {
            let fields = fields(record);
            let fields = fields.iter().map(|field| Piece::lines(&format!("/// said of it\n{field}")));
            pieces.push(Piece::block(format!("type R{index} {{"), fields.collect(), "}"));
        }
        pieces
    }

    /// A type as the language writes it.
    pub(super) fn written(&self, kind: &Kind) -> String {
        match kind {
            Kind::Bool => "Bool".to_owned(),
            Kind::Int(low, high) => format!("Int in {low}..{high}"),
            Kind::Usd => "Usd<=$50".to_owned(),
            Kind::Score => "Score".to_owned(),
            Kind::Date => "Date".to_owned(),
            Kind::Id => "Id".to_owned(),
            Kind::Text(tokens) if *tokens == self.note => "Text<=note".to_owned(),
            Kind::Text(tokens) if *tokens == 2 * self.note + 1 => "Text<=room".to_owned(),
            Kind::Text(tokens) if *tokens == self.short => "Short".to_owned(),
            Kind::Text(tokens) => format!("Text<={tokens}tok"),
            Kind::Chars(chars) => format!("Text<={chars}char"),
            Kind::Kilo(kilo) => format!("Text<={kilo}kb"),
            Kind::Json(tokens) => format!("Json<={tokens}tok"),
            Kind::List(element, 0, high) => format!("{}[<={high}]", self.written(element)),
            Kind::List(element, low, high) => format!("{}[{low}..{high}]", self.written(element)),
            Kind::Optional(inner) => format!("{}?", self.written(inner)),
            Kind::Record(index) => format!("R{index}"),
            Kind::Enum(index) => format!("E{index}"),
        }
    }

    /// An expression of a type over the names in scope; `None` where there is none.
    pub(super) fn value(&self, chance: &mut Chance, scope: &[(String, Kind)], kind: &Kind) -> Option<String> {
        let mut known: Vec<String> = Vec::new();
        for (name, of) in scope {
            self.ways(name, of, kind, 2, &mut known);
        }
        if !known.is_empty() && !chance.once_in(8) {
            return Some(chance.one(&known).clone());
        }
        let made = self.made(chance, scope, kind);
        made.or_else(|| chance.any(&known).cloned())
    }

    /// The ways in which a name gives a value of a type.
    fn ways(&self, name: &str, of: &Kind, wanted: &Kind, depth: u32, found: &mut Vec<String>) {
        if of == wanted {
            found.push(name.to_owned());
        }
        match (of, wanted) {
            (Kind::Text(has), Kind::Text(most)) if has < most => found.push(name.to_owned()),
            (Kind::Text(_) | Kind::Chars(_) | Kind::Kilo(_), Kind::Text(most)) if of != wanted => {
                found.push(format!("{name} cut {most}tok"));
            }
            (Kind::List(of, 0, has), Kind::List(wanted, 0, most)) if of == wanted && has > most => {
                found.push(format!("{name}[..{most}]"));
            }
            (Kind::List(of, _, has), Kind::List(wanted, 0, most))
                if self.shape == Shape::Wild && of == wanted && has <= most && self.is_ranked(of) =>
            {
                found.push(format!("({name} fit {}tok by rank)", 20 + 7 * most));
            }
            (Kind::List(of, ..), Kind::Optional(wanted)) if self.shape == Shape::Wild && of == wanted => {
                found.extend([format!("first({name})"), format!("last({name})"), format!("{name}[1]")]);
            }
            (Kind::Record(index), _) if depth > 0 => {
                for (field, of) in &self.records[*index] {
                    self.ways(&format!("{name}.{field}"), of, wanted, depth - 1, found);
                }
            }
            _ => {}
        }
    }

    /// Whether elements of this type have a field by which the least can be left out.
    pub(super) fn is_ranked(&self, of: &Kind) -> bool {
        let Kind::Record(index) = of else { return false };
        self.records[*index].iter().any(|(name, _)| name == "rank")
    }

    /// A value that is written out.
    fn made(&self, chance: &mut Chance, scope: &[(String, Kind)], kind: &Kind) -> Option<String> {
        Some(match kind {
            Kind::Bool => self.condition(chance, scope, 1),
            Kind::Int(low, high) => chance.one(&[*low, *high]).to_string(),
            Kind::Usd => "$3.5".to_owned(),
            Kind::Score => "0.75".to_owned(),
            Kind::Id => "\"A-17\"".to_owned(),
            Kind::Text(tokens) => self.made_text(chance, scope, *tokens),
            Kind::Chars(_) | Kind::Kilo(_) => "\"a\"".to_owned(),
            Kind::Date | Kind::Json(_) => return None,
            Kind::List(element, low, high) => {
                let count = chance.between(*low, *high);
                let elements = (0..count).map(|_| self.value(chance, scope, element));
                format!("[{}]", elements.collect::<Option<Vec<_>>>()?.join(", "))
            }
            Kind::Optional(inner) => self.value(chance, scope, inner).unwrap_or_else(|| "null".to_owned()),
            Kind::Record(index) => format!("R{index} {{ {} }}", self.fields(chance, scope, &self.records[*index])?),
            Kind::Enum(index) => {
                let (name, carried) = chance.one(&self.enums[*index]).clone();
                if carried.is_empty() {
                    name
                } else {
                    format!("{name} {{ {} }}", self.fields(chance, scope, &carried)?)
                }
            }
        })
    }

    fn fields(&self, chance: &mut Chance, scope: &[(String, Kind)], fields: &[(String, Kind)]) -> Option<String> {
        let field = |(name, kind): &(String, Kind)| Some(format!("{name}: {}", self.value(chance, scope, kind)?));
        Some(fields.iter().map(field).collect::<Option<Vec<_>>>()?.join(", "))
    }

    fn made_text(&self, chance: &mut Chance, scope: &[(String, Kind)], tokens: u64) -> String {
        if self.shape == Shape::Small {
            return "\"a\"".to_owned();
        }
        let texts = scope.iter().filter(|(_, kind)| matches!(kind, Kind::Text(_)));
        let texts: Vec<&String> = texts.map(|(name, _)| name).collect();
        let lists =
            scope.iter().filter(|(_, kind)| matches!(kind, Kind::List(of, ..) if matches!(**of, Kind::Text(_))));
        let lists: Vec<&String> = lists.map(|(name, _)| name).collect();
        let shown = scope.iter().filter(|(_, kind)| !matches!(kind, Kind::Json(_)));
        let shown: Vec<&String> = shown.map(|(name, _)| name).collect();
        let records =
            scope.iter().filter(|(_, kind)| matches!(kind, Kind::List(of, ..) if matches!(**of, Kind::Record(_))));
        let records: Vec<&String> = records.map(|(name, _)| name).collect();
        if let (Some(list), true) = (chance.any(&records), chance.once_in(2)) {
            return format!("join({list}.body, \" \") cut {tokens}tok");
        }
        match (chance.below(8), chance.any(&texts), chance.any(&lists), chance.any(&shown)) {
            (0, Some(text), _, _) => format!("upper({text}) cut {tokens}tok"),
            (1, Some(text), _, _) => format!("trim(lower({text})) cut {tokens}tok"),
            (2, Some(text), _, _) => format!("({text} + \"b\" + {text}) cut {tokens}tok"),
            (3, _, Some(list), _) => format!("join({list}, \",\") cut {tokens}tok"),
            (4, _, _, Some(shown)) => format!("text({shown}) cut {tokens}tok"),
            (5, Some(text), _, _) => format!("{text}[..3] cut {tokens}tok"),
            _ => "\"a\"".to_owned(),
        }
    }

    /// A condition over the names in scope.
    pub(super) fn condition(&self, chance: &mut Chance, scope: &[(String, Kind)], depth: u64) -> String {
        if depth > 0 && chance.once_in(4) {
            let left = self.condition(chance, scope, depth - 1);
            // Behind `x is not null`, `x` is never `null` and may not be asked again.
            let rest = scope.iter().filter(|(name, kind)| {
                !matches!(kind, Kind::Optional(_) | Kind::Record(_)) || !left.contains(name.as_str())
            });
            let rest: Vec<_> = rest.cloned().collect();
            let right = self.condition(chance, &rest, depth - 1);
            return match chance.below(3) {
                0 => format!("({left} and {right})"),
                1 => format!("({left} or {right})"),
                _ => format!("not ({left})"),
            };
        }
        let mut known = Vec::new();
        for (name, kind) in scope {
            self.questions(chance, name, kind, 1, &mut known);
        }
        chance.any(&known).cloned().unwrap_or_else(|| "true".to_owned())
    }

    fn questions(&self, chance: &mut Chance, name: &str, kind: &Kind, depth: u32, found: &mut Vec<String>) {
        let is_small = self.shape == Shape::Small;
        match kind {
            Kind::Bool => found.extend([name.to_owned(), format!("not {name}")]),
            Kind::Enum(_) | Kind::Record(_) => self.parts_asked(chance, name, kind, depth, found),
            _ if is_small => {}
            Kind::Int(low, high) => {
                found.extend([format!("{name} > {}", (low + high) / 2), format!("-{name} < {high}")]);
            }
            Kind::Usd => found.push(format!("{name} <= $12.5")),
            Kind::Score => found.push(format!("{name} >= 0.5")),
            Kind::Date | Kind::Json(_) => {}
            Kind::Id => found.push(format!("{name} == \"A-17\"")),
            Kind::Text(_) | Kind::Chars(_) | Kind::Kilo(_) => {
                found.extend([
                    format!("{name} is not empty"),
                    format!("contains({name}, \"x\")"),
                    format!("len({name}) > 2"),
                ]);
            }
            Kind::List(of, ..) => {
                found.extend([format!("{name} is not empty"), format!("len({name}) >= 2"), format!("empty({name})")]);
                if **of == Kind::Bool {
                    found.extend([
                        format!("all({name}, it)"),
                        format!("any({name}, not it)"),
                        format!("count({name}, it) > 1"),
                    ]);
                }
                if matches!(**of, Kind::Record(_)) {
                    found.extend([format!("all({name}, .ok)"), format!("any({name}, .body is not empty)")]);
                }
            }
            Kind::Optional(_) => found.extend([format!("{name} is null"), format!("{name} is not null")]),
        }
    }

    fn parts_asked(&self, chance: &mut Chance, name: &str, kind: &Kind, depth: u32, found: &mut Vec<String>) {
        match kind {
            Kind::Record(index) if depth > 0 => {
                for (field, kind) in &self.records[*index] {
                    self.questions(chance, &format!("{name}.{field}"), kind, depth - 1, found);
                }
            }
            Kind::Enum(index) => {
                let variants = &self.enums[*index];
                let (one, other) = (&chance.one(variants).0, &chance.one(variants).0);
                found.push(format!("{name} is {one}"));
                found.push(format!("{name} is not {one}"));
                // Not all of them: the other arm is one that can be taken.
                if *index < 2 && (variants.len() > 2 || one == other) {
                    found.push(format!("{name} in [{one}, {other}]"));
                }
            }
            _ => {}
        }
    }
}

//! Reading tables of TOML with their places. In: a parsed table. Out: its fields, and a diagnostic for every one that is
//! unknown or is not what it must be.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::schema::{Entry, LongContextEntry, OverheadEntry, PriceEntry, RatesEntry};
use super::{Imputed, Kind, Provider, TokenizerClass, Vocabulary, Wire};
use crate::cost::{AmountError, Money, Rate};
use crate::diagnostic::{Diagnostic, code, nearest};
use crate::source::{SourceId, Span};

/// Reads one table, field by field; [`Reader::finish`] refuses what no field asked for.
pub(super) struct Reader<'a, 'i> {
    source: SourceId,
    /// The name of the table as the user writes it: `models.unit.price`, empty for the file.
    path: String,
    table: &'a DeTable<'i>,
    known: Vec<&'static str>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a, 'i> Reader<'a, 'i> {
    pub(super) fn new(
        source: SourceId,
        path: impl Into<String>,
        table: &'a DeTable<'i>,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Reader { source, path: path.into(), table, known: Vec::new(), diagnostics }
    }

    /// The fields of `[models.NAME]`.
    pub(super) fn entry(&mut self) -> Entry {
        Entry {
            provider: self.word("provider", &Provider::ALL.map(Provider::name), Provider::from_name),
            id: self.text("id"),
            wire: self.word("wire", &Wire::ALL.map(Wire::name), Wire::from_name),
            base_url: self.text("base_url"),
            key_env: self.text("key_env"),
            kind: self.word("kind", &["chat", "embed"], |word| match word {
                "chat" => Some(Kind::Chat),
                "embed" => Some(Kind::Embed),
                _ => None,
            }),
            price: self.sub("price", |price| price.price()).unwrap_or_default(),
            context: self.count("context"),
            max_output: self.count("max_output"),
            output_field: self.text("output_field"),
            tokenizer: self.sub("tokenizer", |tokenizer| tokenizer.tokenizer()).flatten(),
            counting: self.text("counting"),
            overhead: self.sub("overhead", |overhead| overhead.overhead()).unwrap_or_default(),
            timeout_ms: self.parsed("timeout", "a duration like `\"30s\"`", duration_ms),
            thinking: self.flag("thinking"),
            structured: self.flag("structured"),
            as_of: self.date("as_of"),
            retires: self.date("retires"),
            source: self.text("source"),
        }
    }

    fn price(&mut self) -> PriceEntry {
        PriceEntry {
            rates: self.rates(),
            request: self.amount("request", |text| text.parse::<Money>()),
            long_context: self.list("long_context", |class| {
                let above = class.count("above");
                let rates = class.rates();
                if above.is_none() && !class.has("above") {
                    class.say_at_table(code::catalogue::E0804, "a dearer class of long requests has no `above`");
                }
                above.map(|above| LongContextEntry { above, rates })
            }),
            cache_write_1h: self.amount("cache_write_1h", Rate::per_million),
            service: self.services(),
            imputed: self.imputed(),
        }
    }

    /// `service = { priority = { input = "5.00", output = "40.00" } }`
    fn services(&mut self) -> Vec<(String, RatesEntry)> {
        let mut services = Vec::new();
        self.each_table("service", |name, rates| services.push((name.to_owned(), rates.rates())));
        services
    }

    /// `gpu_hour = "2.49"` and `tokens_per_second = 1_800`
    fn imputed(&mut self) -> Option<Imputed> {
        let gpu_hour = self.amount("gpu_hour", |text| text.parse::<Money>());
        let tokens_per_second = self.count("tokens_per_second");
        if self.has("gpu_hour") != self.has("tokens_per_second") || tokens_per_second == Some(0) {
            let message = "a price is imputed from `gpu_hour` and from `tokens_per_second`, 1 or more";
            self.say_at_table(code::catalogue::E0804, message);
            return None;
        }
        let imputed = Imputed { gpu_hour: gpu_hour?, tokens_per_second: tokens_per_second? };
        if imputed.rate().is_none() {
            self.say_at_table(code::catalogue::E0804, "a token of this machine costs more than can be counted");
        }
        Some(imputed)
    }

    fn rates(&mut self) -> RatesEntry {
        RatesEntry {
            input: self.amount("input", Rate::per_million),
            cached_input: self.amount("cached_input", Rate::per_million),
            cache_write: self.amount("cache_write", Rate::per_million),
            output: self.amount("output", Rate::per_million),
        }
    }

    fn overhead(&mut self) -> OverheadEntry {
        OverheadEntry {
            request: self.count("request"),
            message: self.count("message"),
            tool: self.count("tool"),
            tools: self.count("tools"),
            format: self.count("format"),
        }
    }

    fn tokenizer(&mut self) -> Option<TokenizerClass> {
        let class = self.word("class", &["exact", "counted", "ceiling"], |word| {
            ["exact", "counted", "ceiling"].into_iter().find(|known| *known == word)
        });
        let vocabulary = self.word("vocabulary", &Vocabulary::ALL.map(Vocabulary::name), Vocabulary::from_name);
        let bytes_per_token = self.count("bytes_per_token");
        let read = match class {
            Some("exact") => vocabulary.map(|vocabulary| TokenizerClass::Exact { vocabulary }),
            Some("counted") => vocabulary.map(|vocabulary| TokenizerClass::Counted { vocabulary }),
            Some(_) => bytes_per_token
                .filter(|bytes| *bytes > 0)
                .map(|bytes| TokenizerClass::Ceiling { bytes_per_token: bytes }),
            None => None,
        };
        if read.is_none() {
            let needs = match class {
                Some("ceiling") => "`bytes_per_token`, 1 or more",
                Some(_) => "a `vocabulary`",
                None => "a `class`",
            };
            self.say_at_table(code::catalogue::E0804, format!("a tokenizer needs {needs}"));
        }
        read
    }

    /// A field that is a table.
    pub(super) fn table(&mut self, key: &'static str, read: impl FnOnce(&mut Reader<'_, 'i>)) {
        self.sub(key, read);
    }

    /// A field that is a table of tables of any name.
    pub(super) fn each_table(&mut self, key: &'static str, mut read: impl FnMut(&str, &mut Reader<'_, 'i>)) {
        let Some((value, path)) = self.take(key) else { return };
        let Some(tables) = value.get_ref().as_table() else {
            self.wrong(&path, value.span(), "a table", value.get_ref());
            return;
        };
        for (name, value) in tables {
            let path = format!("{path}.{}", name.get_ref());
            match value.get_ref().as_table() {
                Some(table) => {
                    let mut reader = Reader::new(self.source, path, table, self.diagnostics);
                    read(name.get_ref(), &mut reader);
                    reader.finish();
                }
                None => self.wrong(&path, value.span(), "a table", value.get_ref()),
            }
        }
    }

    /// A field that is a text.
    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        self.parsed(key, "a text in quotes", |text| Some(text.to_owned()))
    }

    /// Allows a key that is read elsewhere.
    pub(super) fn known(&mut self, key: &'static str) {
        self.known.push(key);
    }

    /// Whether every key of the table is one that a field asked for.
    pub(super) fn knows_all(&self) -> bool {
        self.table.iter().all(|(key, _)| self.known.contains(&key.get_ref().as_ref()))
    }

    /// Refuses every key that no field asked for.
    pub(super) fn finish(self) {
        for (key, _) in self.table {
            let name = key.get_ref().as_ref();
            if self.known.contains(&name) {
                continue;
            }
            let place = if self.path.is_empty() { "the project file".to_owned() } else { format!("`{}`", self.path) };
            let span = Span::new(self.source, key.span());
            let mut diagnostic =
                Diagnostic::error(code::catalogue::E0802, span, format!("unknown key `{name}` in {place}"))
                    .label("not a key of this table");
            diagnostic = match nearest(name, self.known.iter().copied()) {
                Some(near) => {
                    diagnostic.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), span, near)
                }
                None => diagnostic.help(format!("known keys: {}", listed(&self.known))),
            };
            self.diagnostics.push(diagnostic);
        }
    }

    fn sub<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Reader<'_, 'i>) -> T) -> Option<T> {
        let (value, path) = self.take(key)?;
        match value.get_ref().as_table() {
            Some(table) => {
                let mut reader = Reader::new(self.source, path, table, self.diagnostics);
                let out = read(&mut reader);
                reader.finish();
                Some(out)
            }
            None => {
                self.wrong(&path, value.span(), "a table", value.get_ref());
                None
            }
        }
    }

    fn list<T>(&mut self, key: &'static str, read: impl Fn(&mut Reader<'_, 'i>) -> Option<T>) -> Vec<T> {
        let Some((value, path)) = self.take(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong(&path, value.span(), "a list of tables", value.get_ref());
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items {
            match item.get_ref().as_table() {
                Some(table) => {
                    let mut reader = Reader::new(self.source, path.clone(), table, self.diagnostics);
                    out.extend(read(&mut reader));
                    reader.finish();
                }
                None => self.wrong(&path, item.span(), "a table", item.get_ref()),
            }
        }
        out
    }

    pub(super) fn count(&mut self, key: &'static str) -> Option<u64> {
        let (value, path) = self.take(key)?;
        let number = value.get_ref().as_integer().and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
        if number.is_none() {
            self.wrong(&path, value.span(), "a whole number, 0 or more", value.get_ref());
        }
        number
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let (value, path) = self.take(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong(&path, value.span(), "`true` or `false`", value.get_ref());
        }
        flag
    }

    /// A field that is a list of texts.
    pub(super) fn texts(&mut self, key: &'static str) -> Vec<String> {
        let Some((value, path)) = self.take(key) else { return Vec::new() };
        let items = value.get_ref().as_array();
        let texts = items.map(|items| items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect());
        let texts: Option<Option<Vec<String>>> = texts;
        texts.flatten().unwrap_or_else(|| {
            self.wrong(&path, value.span(), "a list of texts", value.get_ref());
            Vec::new()
        })
    }

    /// A date, as a text or as TOML writes dates.
    fn date(&mut self, key: &'static str) -> Option<String> {
        let (value, path) = self.take(key)?;
        let text = match value.get_ref().as_datetime() {
            Some(date) => date.to_string(),
            None => value.get_ref().as_str().unwrap_or_default().to_owned(),
        };
        if is_date(&text) {
            return Some(text);
        }
        self.wrong(&path, value.span(), "a date like `\"2026-11-23\"`", value.get_ref());
        None
    }

    /// One of a few words.
    pub(super) fn word<T>(
        &mut self,
        key: &'static str,
        words: &[&'static str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let (value, path) = self.take(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong(&path, value.span(), "a text in quotes", value.get_ref());
            return None;
        };
        let word = read(text);
        if word.is_none() {
            let span = Span::new(self.source, value.span());
            let diagnostic =
                Diagnostic::error(code::catalogue::E0804, span, format!("`{text}` is not a value of `{key}`"));
            self.diagnostics.push(match nearest(text, words.iter().copied()) {
                Some(near) => diagnostic.label(format!("did you mean `{near}`?")).fix(
                    format!("write `{near}`"),
                    span,
                    format!("\"{near}\""),
                ),
                None => diagnostic.label("not known").help(format!("known are {}", listed(words))),
            });
        }
        word
    }

    /// An amount of dollars; a text, because a number with a point would not be exact.
    pub(super) fn amount<T>(&mut self, key: &'static str, read: impl Fn(&str) -> Result<T, AmountError>) -> Option<T> {
        let (value, path) = self.take(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong(&path, value.span(), "a decimal number in quotes", value.get_ref());
            return None;
        };
        match read(text) {
            Ok(amount) => Some(amount),
            Err(why) => {
                let span = Span::new(self.source, value.span());
                let message = format!("`{path}` is no amount of dollars: {why}");
                self.diagnostics.push(
                    Diagnostic::error(code::catalogue::E0804, span, message)
                        .label("expected a decimal number like `\"0.25\"`"),
                );
                None
            }
        }
    }

    pub(super) fn parsed<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let (value, path) = self.take(key)?;
        let parsed = value.get_ref().as_str().and_then(read);
        if parsed.is_none() {
            self.wrong(&path, value.span(), expected, value.get_ref());
        }
        parsed
    }

    /// The value of a key, which is known from here on, and its full name.
    fn take(&mut self, key: &'static str) -> Option<(&'a Spanned<DeValue<'i>>, String)> {
        self.known.push(key);
        let value = self.table.get(key)?;
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Some((value, path))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn wrong(&mut self, path: &str, at: Range<usize>, expected: &str, found: &DeValue<'_>) {
        let span = Span::new(self.source, at);
        let message = format!("`{path}` is not {expected}");
        let found = match found.type_str() {
            "string" => "a text",
            "integer" | "float" => "a number",
            "boolean" => "true or false",
            "datetime" => "a date",
            "array" => "a list",
            _ => "a table",
        };
        self.diagnostics
            .push(Diagnostic::error(code::catalogue::E0803, span, message).label(format!("{found} stands here")));
    }

    /// A remark about the whole table, placed at its fields.
    pub(super) fn say_at_table(&mut self, code: code::Code, message: impl Into<String>) {
        let spans = self.table.iter().map(|(key, value)| key.span().start..value.span().end);
        let whole = spans.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or(0..0);
        self.diagnostics.push(Diagnostic::error(code, Span::new(self.source, whole), message).label("here"));
    }
}

/// Milliseconds of `250ms`, `30s`, `3m`, `4h`.
fn duration_ms(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let scale = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(scale).filter(|millis| *millis > 0)
}

fn is_date(text: &str) -> bool {
    let shape = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    shape.eq(*b"0000-00-00")
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

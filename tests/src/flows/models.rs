//! Catalogues: models that charge and count in every way there is.

use std::fmt::Write as _;

use super::{Chance, Shape};

/// The models of a program, and the tiers over them.
pub(super) struct Models {
    entries: Vec<String>,
    tiers: Vec<Vec<usize>>,
}

impl Models {
    pub(super) fn new(chance: &mut Chance, shape: Shape) -> Models {
        let count = chance.between(2, 4);
        let mut entries: Vec<String> = (0..count).map(|index| generating(chance, shape, index)).collect();
        entries.extend((0..2).map(|index| reading(chance, shape, index)));
        let generating = usize::try_from(count).unwrap_or(0);
        let mut tiers: Vec<Vec<usize>> = (0..generating).map(|index| vec![index]).collect();
        // A tier of models that stand in for each other; the same one may stand in twice.
        let together = chance.between(2, 3);
        tiers.push((0..together).map(|_| usize::try_from(chance.below(count)).unwrap_or(0)).collect());
        tiers[generating].dedup();
        Models { entries, tiers }
    }

    /// As `flow.toml` has them.
    pub(super) fn toml(&self) -> String {
        self.entries.concat()
    }

    /// `tier t0 = model("m0")` and so on.
    pub(super) fn tiers(&self) -> String {
        let mut text = String::new();
        for (index, models) in self.tiers.iter().enumerate() {
            let models: Vec<String> = models.iter().map(|model| format!("model(\"m{model}\")")).collect();
            let _ = writeln!(text, "tier t{index} = {}", models.join(" | "));
        }
        text.push_str("tier reader = model(\"r0\")\ntier readers = model(\"r0\") | model(\"r1\")\n");
        text
    }

    /// A ladder of one to three rungs.
    pub(super) fn ladder(&self, chance: &mut Chance, most: u64) -> String {
        let rungs = chance.between(1, most);
        let rung = |_| format!("t{}", chance.below(self.tiers.len() as u64));
        (0..rungs).map(rung).collect::<Vec<_>>().join(" -> ")
    }
}

fn rate(chance: &mut Chance, shape: Shape, high: u64) -> String {
    if shape == Shape::Small {
        return format!("{}.00", chance.between(0, high));
    }
    // Rates with fractions of a nano-dollar a token, so that rounding shows.
    match chance.below(4) {
        0 => format!("{}.00", chance.between(0, high)),
        1 => format!("0.{:03}", chance.between(1, 999)),
        2 => "0.0001".to_owned(),
        _ => format!("{}.{:06}", chance.below(high), chance.between(1, 999_999)),
    }
}

fn tokenizer(chance: &mut Chance, shape: Shape) -> String {
    if shape == Shape::Small {
        return "{ class = \"ceiling\", bytes_per_token = 1 }".to_owned();
    }
    match chance.below(12) {
        0 => "{ class = \"counted\", vocabulary = \"o200k_base\" }".to_owned(),
        1 => "{ class = \"counted\", vocabulary = \"cl100k_base\" }".to_owned(),
        2..=6 => "{ class = \"ceiling\", bytes_per_token = 1 }".to_owned(),
        _ => format!("{{ class = \"ceiling\", bytes_per_token = {} }}", chance.between(2, 5)),
    }
}

fn generating(chance: &mut Chance, shape: Shape, index: u64) -> String {
    let mut price = format!("input = \"{}\", output = \"{}\"", rate(chance, shape, 5), rate(chance, shape, 20));
    if chance.once_in(2) {
        let _ = write!(price, ", cached_input = \"{}\"", rate(chance, shape, 3));
    }
    if chance.once_in(3) {
        let _ = write!(price, ", cache_write = \"{}\"", rate(chance, shape, 9));
    }
    if chance.once_in(3) {
        let _ = write!(price, ", request = \"0.{:04}\"", chance.between(1, 99));
    }
    if shape == Shape::Wild && chance.once_in(3) {
        let first = chance.between(20, 400);
        let step = |above: u64, chance: &mut Chance| {
            let mut step = format!("{{ above = {above}");
            let _ = write!(step, ", input = \"{}\"", rate(chance, shape, 9));
            if chance.once_in(2) {
                let _ = write!(step, ", output = \"{}\"", rate(chance, shape, 40));
            }
            step + " }"
        };
        let mut steps = vec![step(first, chance)];
        if chance.once_in(2) {
            steps.push(step(first + chance.between(1, 300), chance));
        }
        let _ = write!(price, ", long_context = [{}]", steps.join(", "));
    }
    let overhead = if chance.once_in(2) {
        format!(
            "{{ request = {}, message = {}, tool = {}, tools = {}, format = {} }}",
            chance.below(9),
            chance.below(5),
            chance.below(12),
            chance.below(20),
            chance.below(6)
        )
    } else {
        "{ request = 0, message = 0, tool = 0, format = 0 }".to_owned()
    };
    let thinking = if chance.once_in(2) { "thinking = true\n" } else { "" };
    let structured = if chance.once_in(3) { "structured = true\n" } else { "" };
    format!(
        "[models.m{index}]\nprovider = \"scripted\"\ntokenizer = {}\ncontext = {}\nmax_output = {}\nprice = {{ {price} }}\n\
         overhead = {overhead}\ntimeout = \"{}ms\"\n{thinking}{structured}\n",
        tokenizer(chance, shape),
        100_000,
        chance.between(2_000, 9_000),
        chance.between(1, 400) * 50,
    )
}

fn reading(chance: &mut Chance, shape: Shape, index: u64) -> String {
    format!(
        "[models.r{index}]\nprovider = \"scripted\"\nkind = \"embed\"\ntokenizer = {}\ncontext = 50_000\n\
         price = {{ input = \"{}\" }}\noverhead = {{ request = {}, message = {}, tool = 0, format = 0 }}\ntimeout = \"{}ms\"\n\n",
        tokenizer(chance, shape),
        rate(chance, shape, 2),
        chance.below(4),
        chance.below(4),
        chance.between(1, 100) * 50,
    )
}

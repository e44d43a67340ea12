//! The first page of a project, and the list of all its names.

use std::collections::BTreeMap;

use super::html::{escaped, table};
use super::page::page;
use super::site::{Entry, Module, Site};
use super::{Page, dimensions, flow, markdown};
use crate::cost::Dimension;

/// What a project holds: its flows with what they can cost, and its modules.
pub(super) fn index(site: &Site<'_>) -> Page {
    let mut out = format!("<header>\n<p class=\"eyebrow\">Project</p>\n<h1>{}</h1>\n", escaped(site.name));
    if let [only] = site.modules.iter().filter(|module| !module.is_standard).collect::<Vec<_>>()[..] {
        out.push_str(&markdown::html(&only.file.docs));
    }
    out.push_str("</header>\n");
    let flows: Vec<(&Module<'_>, Entry<'_>)> = site
        .modules
        .iter()
        .flat_map(|module| module.entries().map(move |entry| (module, entry)))
        .filter(|(_, entry)| entry.kind == "flow")
        .collect();
    let rows: Vec<Vec<String>> = flows.iter().filter_map(|(module, entry)| flow_row(module, entry)).collect();
    if !rows.is_empty() {
        out.push_str("<h2>Flows</h2>\n<p>What one run can take at most, beside what its budget allows.</p>\n");
        let head = ["flow", "cost", "budget", "calls", "tools", "tokens", "time", "what it does"];
        let documented = flows.iter().any(|(_, entry)| !entry.item.docs.is_empty());
        out.push_str(&table("flows", head.get(..if documented { 8 } else { 7 }).unwrap_or(&head), &rows));
    }
    out.push_str(&modules(site, "Modules", false));
    out.push_str(&modules(site, "Standard library", true));
    page(site, "index.html", site.name, None, &out)
}

fn flow_row(module: &Module<'_>, entry: &Entry<'_>) -> Option<Vec<String>> {
    let (_, flow, report) = flow::find(module, entry.name)?;
    let bound = report.bound?;
    let cell = |dimension: Dimension| escaped(&dimension.show(bound.get(dimension)));
    let limits = flow.budget.iter().flatten().filter(|limit| limit.dimension == Dimension::Cost);
    let allowed = limits.map(|limit| limit.amount).min();
    Some(vec![
        format!("<a href=\"{}#{1}\"><code>{1}</code></a>", escaped(&module.page), escaped(entry.name)),
        cell(Dimension::Cost),
        allowed.map_or_else(dimensions::none, |allowed| escaped(&Dimension::Cost.show_limit(allowed))),
        cell(Dimension::Calls),
        cell(Dimension::Tools),
        cell(Dimension::Tokens),
        cell(Dimension::Time),
        markdown::first_sentence(&entry.item.docs),
    ])
}

fn modules(site: &Site<'_>, title: &str, standard: bool) -> String {
    let rows: String = site
        .modules
        .iter()
        .filter(|module| module.is_standard == standard)
        .map(|module| {
            let said = markdown::first_sentence(&module.file.docs);
            format!(
                "<dt><a href=\"{}\"><code>{}</code></a></dt><dd>{said}</dd>\n",
                escaped(&module.page),
                escaped(&module.name)
            )
        })
        .collect();
    if rows.is_empty() { rows } else { format!("<h2>{title}</h2>\n<dl class=\"modules\">\n{rows}</dl>\n") }
}

/// Every name of a project in alphabetical order.
pub(super) fn names(site: &Site<'_>) -> Page {
    let mut letters: BTreeMap<char, Vec<(&Module<'_>, Entry<'_>)>> = BTreeMap::new();
    for module in &site.modules {
        for entry in module.entries() {
            let letter = entry.name.chars().next().map_or('_', |first| first.to_ascii_uppercase());
            letters.entry(letter).or_default().push((module, entry));
        }
    }
    let jump: Vec<String> =
        letters.keys().map(|letter| format!("<a href=\"#-{0}\">{0}</a>", escaped(&letter.to_string()))).collect();
    let mut out = format!(
        "<header>\n<p class=\"eyebrow\">Project</p>\n<h1>All names</h1>\n<p class=\"letters\">{}</p>\n</header>\n",
        jump.join(" ")
    );
    for (letter, mut found) in letters {
        found.sort_by_key(|(module, entry)| (entry.name.to_lowercase(), module.name.clone()));
        out.push_str(&format!("<h2 id=\"-{0}\">{0}</h2>\n<dl class=\"names\">\n", escaped(&letter.to_string())));
        for (module, entry) in found {
            out.push_str(&format!(
                "<dt><a href=\"{}#{name}\"><code>{name}</code></a> <span class=\"kind\">{} in {}</span></dt><dd>{}</dd>\n",
                escaped(&module.page),
                escaped(entry.kind),
                escaped(&module.name),
                markdown::first_sentence(&entry.item.docs),
                name = escaped(entry.name),
            ));
        }
        out.push_str("</dl>\n");
    }
    page(site, "names.html", "All names", None, &out)
}

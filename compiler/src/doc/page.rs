//! The frame of a page: title, navigation, content. And the one style sheet.

use super::Page;
use super::html::escaped;
use super::site::{Module, Site};

/// The order in which kinds of declarations are shown, and the title over each.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("flow", "Flows"),
    ("step", "Steps"),
    ("tool", "Tools"),
    ("index", "Indexes"),
    ("type", "Types"),
    ("enum", "Enums"),
    ("alias", "Aliases"),
    ("const", "Constants"),
    ("route", "Routes"),
    ("tier", "Tiers"),
    ("ceiling", "Ceilings"),
    ("test", "Tests"),
    ("eval", "Evaluations"),
];

/// A page of the site. `up` is the way from it to the folder of the documentation, `here` the module that it is about.
pub(super) fn page(site: &Site<'_>, path: &str, title: &str, here: Option<&Module<'_>>, content: &str) -> Page {
    let up = "../".repeat(path.matches('/').count());
    let whole =
        if title == site.name { escaped(title) } else { format!("{} · {}", escaped(title), escaped(site.name)) };
    let text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"flowc {version}\">\n\
         <title>{whole}</title>\n<link rel=\"stylesheet\" href=\"{up}style.css\">\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#-content\">Skip to the content</a>\n\
         <nav aria-label=\"Project\">\n{navigation}</nav>\n\
         <main id=\"-content\">\n{content}</main>\n</body>\n</html>\n",
        version = env!("CARGO_PKG_VERSION"),
        navigation = navigation(site, &up, path, here),
    );
    Page { path: path.to_owned(), text }
}

fn navigation(site: &Site<'_>, up: &str, path: &str, here: Option<&Module<'_>>) -> String {
    let current = |page: &str| if page == path { " aria-current=\"page\"" } else { "" };
    let mut out = format!(
        "<p class=\"project\"><a href=\"{up}index.html\"{}>{}</a></p>\n",
        current("index.html"),
        escaped(site.name)
    );
    let mut standard_said = false;
    out.push_str("<ul class=\"modules\">\n");
    for module in &site.modules {
        if module.is_standard && !standard_said {
            standard_said = true;
            out.push_str("<li class=\"group\">Standard library</li>\n");
        }
        let page = &module.page;
        out.push_str(&format!("<li><a href=\"{up}{}\"{}>{}</a>", escaped(page), current(page), escaped(&module.name)));
        if here.is_some_and(|here| here.page == *page) {
            out.push_str(&contents(module));
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n<ul class=\"more\">\n");
    for (page, title) in [("names.html", "All names"), ("models.html", "Models")] {
        out.push_str(&format!("<li><a href=\"{up}{page}\"{}>{title}</a></li>\n", current(page)));
    }
    out.push_str("</ul>\n");
    out
}

/// What a module holds, by kind.
fn contents(module: &Module<'_>) -> String {
    let mut out = String::new();
    for (kind, title) in KINDS {
        let names: Vec<&str> = module.entries().filter(|entry| entry.kind == *kind).map(|entry| entry.name).collect();
        if names.is_empty() {
            continue;
        }
        out.push_str(&format!("\n<p class=\"kind\">{title}</p>\n<ul>"));
        for name in names {
            out.push_str(&format!("<li><a href=\"#{0}\">{0}</a></li>", escaped(name)));
        }
        out.push_str("</ul>");
    }
    out
}

/// The style sheet.
pub(super) fn style() -> Page {
    Page { path: "style.css".to_owned(), text: include_str!("style.css").to_owned() }
}

//! The page of a module.

use super::html::escaped;
use super::page::{KINDS, page};
use super::site::{Module, Site};
use super::{Page, item, markdown};

/// Everything that a module declares, by kind.
fn content(site: &Site<'_>, module: &Module<'_>) -> String {
    let import = match module.is_standard || module.name.contains('.') {
        true => format!("use {} {{ … }}", module.name),
        false => format!("use {} {{ … }}", module.name.rsplit('.').next().unwrap_or("")),
    };
    let mut out = format!(
        "<header>\n<p class=\"eyebrow\">Module</p>\n<h1>{}</h1>\n<p class=\"place\"><code>{}</code> · <code>{}</code></p>\n{}</header>\n",
        escaped(&module.name),
        escaped(module.source.name()),
        escaped(&import),
        markdown::html(&module.file.docs),
    );
    for (kind, title) in KINDS {
        let items: Vec<String> = module
            .entries()
            .filter(|entry| entry.kind == *kind)
            .map(|entry| item::section(site, module, &entry))
            .collect();
        if !items.is_empty() {
            out.push_str(&format!("<h2>{title}</h2>\n{}", items.concat()));
        }
    }
    out
}

/// The page of a module.
pub(super) fn page_of(site: &Site<'_>, module: &Module<'_>) -> Page {
    page(site, &module.page, &module.name, Some(module), &content(site, module))
}

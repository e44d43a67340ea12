//! Fields, parameters and variants with their words, as lists.

use super::html::escaped;
use super::site::{Module, Site};
use super::{code, markdown};
use crate::syntax::{Field, Variant};

/// The documented fields of a record.
pub(super) fn fields(site: &Site<'_>, module: &Module<'_>, fields: &[Field]) -> String {
    list("Fields", fields.iter().filter(|field| !field.docs.is_empty()).map(|field| field_row(site, module, field)))
}

/// The documented parameters of a step, tool or flow.
pub(super) fn params(site: &Site<'_>, module: &Module<'_>, params: &[Field]) -> String {
    list("Parameters", params.iter().filter(|field| !field.docs.is_empty()).map(|field| field_row(site, module, field)))
}

/// The documented variants of an enum.
pub(super) fn variants(site: &Site<'_>, module: &Module<'_>, variants: &[Variant]) -> String {
    let described = variants.iter().filter(|variant| !variant.docs.is_empty() || !variant.fields.is_empty());
    list(
        "Variants",
        described.map(|variant| {
            let inside: String =
                variant.fields.iter().map(|field| format!("<li>{}</li>", field_line(site, module, field))).collect();
            let inside = if inside.is_empty() { inside } else { format!("<ul>{inside}</ul>") };
            (escaped(&variant.name.text), markdown::html(&variant.docs) + &inside)
        }),
    )
}

fn field_row(site: &Site<'_>, module: &Module<'_>, field: &Field) -> (String, String) {
    let ty = code::code(site, module, field.ty.span);
    (format!("{}<span class=\"of\">: {ty}</span>", escaped(&field.name.text)), markdown::html(&field.docs))
}

fn field_line(site: &Site<'_>, module: &Module<'_>, field: &Field) -> String {
    let (name, docs) = field_row(site, module, field);
    format!("<code>{name}</code>{docs}")
}

fn list(title: &str, rows: impl Iterator<Item = (String, String)>) -> String {
    let rows: String = rows.map(|(name, docs)| format!("<dt><code>{name}</code></dt><dd>{docs}</dd>\n")).collect();
    if rows.is_empty() { rows } else { format!("<h4>{title}</h4>\n<dl>\n{rows}</dl>\n") }
}

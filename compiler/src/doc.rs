//! A project as pages to read. In: compiled roots. Out: HTML with one style sheet: for every module its types, steps, tools and
//! flows, with what is proved of them. Pages stand alone: no network, no script.

mod code;
mod dimensions;
mod failures;
mod fields;
mod flow;
mod html;
mod item;
mod markdown;
mod models;
mod module;
mod overview;
mod page;
mod prompt;
mod site;
mod step;

use crate::bound::Report;
use crate::plan::Plan;
use crate::program::{FlowId, Program, Reason};
use crate::resolve::Resolved;
use crate::source::Sources;
use site::Site;

/// A root file of a project, compiled without an error.
#[derive(Clone, Debug)]
pub struct Root {
    /// Its file and what it imports.
    pub resolved: Resolved,
    /// Their texts.
    pub sources: Sources,
    /// The program with its ceilings.
    pub plan: Plan,
    /// What is proved of its flows.
    pub report: Report,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its path below the folder of the documentation, `/`-separated.
    pub path: String,
    /// Its content.
    pub text: String,
}

/// The pages of a project of this name. A module that several roots import is shown as part of the first root that nothing imports.
#[must_use]
pub fn pages(name: &str, roots: &[Root]) -> Vec<Page> {
    let site = Site::new(name, roots);
    let mut pages = vec![overview::index(&site), overview::names(&site), models::page(&site), page::style()];
    pages.extend(site.modules.iter().map(|module| module::page_of(&site, module)));
    pages
}

/// How a run of a flow can fail: the reasons that no `else` in it handles, in the order of the language.
#[must_use]
pub fn failures_of(program: &Program, flow: FlowId) -> Vec<Reason> {
    failures::of_flow(program, flow).into_iter().collect()
}

#[cfg(test)]
mod tests;

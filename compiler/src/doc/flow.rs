//! What is proved of a flow, and its graph.

use super::html::escaped;
use super::site::{Entry, Module, Site};
use super::{dimensions, failures, fields};
use crate::bound::{Assumption, FlowReport, Share};
use crate::cost::Dimension;
use crate::graph::Graph;
use crate::program::{Flow, FlowId};
use crate::syntax::FlowDecl;

/// The flow of that name in a module, with its number.
pub(super) fn find<'a>(module: &Module<'a>, name: &str) -> Option<(FlowId, &'a Flow, &'a FlowReport)> {
    let root = module.root;
    let file = module.source.name();
    let index = root.plan.program.flows.iter().position(|flow| flow.name == name && flow.place.file == file)?;
    let report = root.report.flows.iter().find(|flow| flow.name == name && flow.place.file == file)?;
    Some((FlowId(u32::try_from(index).ok()?), root.plan.program.flows.get(index)?, report))
}

/// The section of a flow below its documentation.
pub(super) fn section(site: &Site<'_>, module: &Module<'_>, entry: &Entry<'_>, decl: &FlowDecl) -> String {
    let params = fields::params(site, module, &decl.params);
    let Some((id, flow, report)) = find(module, entry.name) else { return params };
    let Some(bound) = &report.bound else { return params };
    let program = &module.root.plan.program;
    let mut out = params;
    if let Some(owner) = &flow.owner {
        out.push_str(&format!("<p class=\"fact\">Owner <strong>{}</strong></p>\n", escaped(owner)));
    }
    out.push_str("<h4>Ceiling of one run</h4>\n");
    out.push_str(&dimensions::beside_budget(bound, flow.budget.as_deref()));
    out.push_str(&format!(
        "<p class=\"fact\">Can fail with {}</p>\n",
        failures::shown(&failures::of_flow(program, id))
    ));
    let parts: Vec<&Share> = report.parts.iter().filter(|part| part.bound.get(report.telling) > 0).collect();
    if !parts.is_empty() {
        out.push_str(&format!(
            "<h4>Where it goes, in {}</h4>\n{}",
            report.telling.name(),
            tree(&parts, report.telling)
        ));
    }
    if let Some(graph) = Graph::of(program, id).filter(|graph| graph.nodes.node_count() > 0) {
        out.push_str(&picture(entry.name, &graph));
    }
    out.push_str(&assumptions(report));
    out
}

fn tree(parts: &[&Share], telling: Dimension) -> String {
    let rows: String = parts
        .iter()
        .map(|part| {
            let times = if part.count > 1 && part.is_call { format!(" ×{}", part.count) } else { String::new() };
            let inside: Vec<&Share> = part.parts.iter().filter(|part| part.bound.get(telling) > 0).collect();
            let inside = if inside.is_empty() { String::new() } else { tree(&inside, telling) };
            format!(
                "<li><span class=\"what\">{}{times}</span> <span class=\"amount\">{}</span>{inside}</li>\n",
                escaped(&part.label),
                escaped(&telling.show(part.bound.get(telling)))
            )
        })
        .collect();
    format!("<ul class=\"tree\">\n{rows}</ul>\n")
}

/// The drawing stands in the page itself; for whoever does not see it, its nodes are told in their order.
fn picture(name: &str, graph: &Graph) -> String {
    let svg = graph.svg();
    let svg = svg.replacen("<svg ", "<svg role=\"img\" ", 1);
    let told: Vec<String> = graph.order().into_iter().map(|index| escaped(&graph.nodes[index].label)).collect();
    format!(
        "<h4>Graph</h4>\n<figure>\n<div class=\"scroll\" tabindex=\"0\">{svg}</div>\n<figcaption>What runs when in <code>{}</code>: \
         {}. The stronger the colour, the larger the share of the worst case; thick lines are the critical path.</figcaption>\n</figure>\n",
        escaped(name),
        told.join(", then ")
    )
}

fn assumptions(report: &FlowReport) -> String {
    let joined = report.joined.iter().map(|text| escaped(text));
    let assumed = report.assumes.iter().map(|Assumption { text, .. }| escaped(text));
    let list = |title: &str, lines: Vec<String>| {
        if lines.is_empty() {
            return String::new();
        }
        let lines: String = lines.iter().map(|line| format!("<li>{line}</li>\n")).collect();
        format!("<details><summary>{title}</summary><ul>\n{lines}</ul></details>\n")
    };
    list("No run may need all of it", joined.collect()) + &list("Assumes", assumed.collect())
}

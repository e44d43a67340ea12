//! `flowc inputs FILE`: what a flow takes, as a JSON Schema with an example, or the example alone.

use std::path::PathBuf;

use flow_compiler::doc::failures_of;
use flow_compiler::program::{Flow, FlowId, Reason};
use flow_compiler::schema;
use serde_json::{Value, json};

use super::problem::Problem;
use super::terminal::{self, Colours};
use super::{analysis, exit, pick};

/// Print what a flow takes, as a JSON Schema
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Where a flow has one parameter that is a record, `flow run` takes the record itself too. `fails`, which
is no keyword of the schema, lists how a run of the flow can fail.

Examples:
  flowc inputs desk.flow > desk.schema.json
  flowc inputs desk.flow --example > ticket.json")]
pub(crate) struct Arguments {
    /// The flow file
    file: PathBuf,
    /// The flow; without it, the only one or the only public one
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
    /// Print an input that it takes instead, to be changed by hand
    #[arg(long)]
    example: bool,
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    let plan = match analysis::expect_plan(&arguments.file, colours)? {
        Ok((_, _, plan)) => plan,
        Err(analysis) => return Ok(exit::of(analysis.verdict())),
    };
    let flows: Vec<&Flow> = plan.program.flows.iter().collect();
    let index = pick::flow(&flows, arguments.flow.as_deref(), |flow| (&flow.name, flow.public))?;
    let flow = flows[index];
    let mut document = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": flow.name });
    if let (Value::Object(document), Value::Object(schema)) =
        (&mut document, schema::parameters(&plan.program.types, &flow.params))
    {
        document.extend(schema);
        // No keyword of the schema: how a run can fail, for who writes the program that calls it.
        let id = FlowId(u32::try_from(index).unwrap_or(u32::MAX));
        let fails: Vec<&str> = failures_of(&plan.program, id).into_iter().map(Reason::name).collect();
        document.insert("fails".to_owned(), json!(fails));
        document.insert("examples".to_owned(), json!([schema::examples(&plan.program.types, &flow.params)]));
    }
    if arguments.example {
        document = schema::examples(&plan.program.types, &flow.params);
    }
    terminal::print(&format!("{document:#}\n"));
    Ok(exit::OK)
}

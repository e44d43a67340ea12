//! What a flow is run on. In: JSON. Out: a value for each parameter, or what does not fit.

use flow_compiler::diagnostic::nearest;
use flow_compiler::plan::Plan;
use flow_compiler::program::{Flow, FlowId, Ty};
use serde_json::Value as Json;

use crate::error::RunError;
use crate::value::{self, Misfit, Sizer, Source, Value};

/// The flow of that name; without a name the only flow, or the only public one.
///
/// # Errors
/// Where there is none, or more than one.
pub fn pick(plan: &Plan, name: Option<&str>) -> Result<FlowId, RunError> {
    let flows: Vec<(FlowId, &Flow)> = (0u32..).map(FlowId).zip(&plan.program.flows).collect();
    let names = || {
        let names: Vec<String> = flows.iter().map(|(_, flow)| format!("`{}`", flow.name)).collect();
        format!("it has {}", names.join(", "))
    };
    if let Some(name) = name {
        let found = flows.iter().find(|(_, flow)| flow.name == name).map(|(id, _)| *id);
        return found.ok_or_else(|| {
            let near = nearest(name, flows.iter().map(|(_, flow)| flow.name.as_str()));
            let help = near.map_or_else(names, |near| format!("did you mean `{near}`?"));
            RunError::no_flow(format!("there is no flow `{name}`"), Some(help))
        });
    }
    let public: Vec<FlowId> = flows.iter().filter(|(_, flow)| flow.public).map(|(id, _)| *id).collect();
    match (flows.as_slice(), public.as_slice()) {
        ([], _) => {
            Err(RunError::no_flow("the file has no flow", Some("name a file that declares a `flow`".to_owned())))
        }
        ([(only, _)], _) | (_, [only]) => Ok(*only),
        _ => Err(RunError::no_flow(
            "the file has more than one flow",
            Some(format!("{}: name one with `--flow`", names())),
        )),
    }
}

/// Reads the input of a flow: an object with a value for each parameter. Where the only parameter is a record, the record
/// itself will do.
///
/// # Errors
/// The first place that does not fit.
pub fn read(plan: &Plan, flow: FlowId, input: &Json) -> Result<Vec<Value>, RunError> {
    let no_flow = || RunError::no_flow("the plan has no such flow", None);
    let flow = plan.program.flows.get(flow.index()).ok_or_else(no_flow)?;
    let sizer = Sizer::of(&plan.program);
    let value = |json: &Json, ty: &Ty, name: &str| {
        value::read(json, ty, name, &plan.program.types, &sizer, Source::Input).map_err(|misfit| refused(*misfit))
    };
    let Json::Object(object) = input else {
        return Err(RunError::input("the input is no JSON object", Some(wanted(flow))));
    };
    if let [only] = flow.params.as_slice()
        && matches!(only.ty, Ty::Record(_))
        && !object.contains_key(&only.name)
    {
        return Ok(vec![value(input, &only.ty, &only.name)?]);
    }
    if let Some(unknown) = object.keys().find(|key| !flow.params.iter().any(|param| param.name == **key)) {
        let near = nearest(unknown, flow.params.iter().map(|param| param.name.as_str()));
        let help = near.map_or_else(|| wanted(flow), |near| format!("did you mean `{near}`?"));
        return Err(RunError::input(format!("`{}` has no parameter `{unknown}`", flow.name), Some(help)));
    }
    let param = |param: &flow_compiler::program::Param| match (object.get(&param.name), &param.ty) {
        (Some(json), ty) => value(json, ty, &param.name),
        (None, Ty::Optional(_)) => Ok(Value::Null),
        (None, _) => Err(RunError::input(format!("input `{}` is missing", param.name), Some(wanted(flow)))),
    };
    flow.params.iter().map(param).collect()
}

fn refused(misfit: Misfit) -> RunError {
    RunError::input(format!("input {misfit}"), misfit.help)
}

fn wanted(flow: &Flow) -> String {
    let names: Vec<String> = flow.params.iter().map(|param| format!("\"{}\": …", param.name)).collect();
    format!("`{}` takes {{{}}}", flow.name, names.join(", "))
}

//! What is sent. In: the prompt and what was said since. Out: the request of a turn, counted and held against its ceiling.

use std::sync::Arc;
use std::time::Duration;

use flow_compiler::bound::REPAIR_NOTE_TOKENS;
use flow_compiler::catalogue::ModelFacts;
use flow_compiler::cost::{Resources, show_count};
use flow_compiler::plan::{ModelCeiling, StepCeiling};
use flow_compiler::program::{Keep, ModelId, Reason, Step, Ty};
use flow_compiler::schema;
use flow_compiler::tokens::{Counter, cut_to};

use crate::execution::Sending;
use crate::execution::core::{Core, Seeing};
use crate::execution::frame::At;
use crate::execution::variables::VariablesId;
use crate::failure::Failure;
use crate::ledger::{Cause, Kind};
use crate::provider::{Message, Output, Request, Role, ToolCall, ToolSpec};
use crate::render::render;

/// A conversation of one rung.
#[derive(Debug)]
pub(super) struct Conversation {
    base: Vec<Message>,
    /// How many elements the prompt had no room for.
    left_out: u64,
    /// Each turn but the last: what the model said, and what it was told.
    turns: Vec<Vec<Message>>,
    /// Each invalid answer, and what was wrong with it.
    repairs: Vec<Vec<Message>>,
    /// How many calls each tool of the step has left.
    pub(super) left: Vec<u64>,
}

/// The messages that a step begins with.
pub(super) fn base(core: &Core<'_>, step: &Step, variables: VariablesId) -> Result<(Vec<Message>, u64), Failure> {
    let seeing = Seeing { core, variables, request: None };
    let format = step.format.as_deref();
    let system = step.system.as_ref().map(|system| (Role::System, system));
    let prompts = system.into_iter().chain([(Role::User, &step.prompt)]);
    let mut left_out = 0;
    let mut messages = Vec::new();
    for (role, template) in prompts {
        let rendered = core.evaluating(&seeing, |on| render(template, format, on))?;
        left_out += rendered.left_out;
        messages.push(Message { role, segments: rendered.segments, calls: Vec::new() });
    }
    Ok((messages, left_out))
}

/// A model that may have to read what was answered before.
pub(super) struct Reader {
    counter: Counter,
    /// How many tokens of an earlier answer are in its ceiling.
    most: u64,
}

/// The models of a step as readers of earlier answers.
pub(super) fn readers(core: &Core<'_>, step: &Step, ceiling: &StepCeiling) -> Vec<Reader> {
    let lanes = ceiling.models.iter().filter_map(|lane| Some((core.models.get(lane.model.index())?, lane)));
    let reader = |(model, lane): (&Arc<ModelFacts>, &ModelCeiling)| {
        let think = if model.thinking { step.think } else { 0 };
        Reader { counter: Counter::of(&model.tokenizer), most: lane.output.saturating_sub(think) }
    };
    lanes.map(reader).collect()
}

impl Reader {
    /// Whether its ceiling of an earlier answer has room for these calls.
    fn has_room(&self, calls: &[ToolCall]) -> bool {
        self.count(calls) <= self.most
    }

    fn count(&self, calls: &[ToolCall]) -> u64 {
        let count =
            |call: &ToolCall| self.counter.count(&call.name).saturating_add(self.counter.count(&call.arguments));
        calls.iter().map(count).fold(0, u64::saturating_add)
    }
}

/// Whether calls can be sent again to every model that may have to read them. Unlike a text they cannot be cut.
pub(super) fn can_be_read(calls: &[ToolCall], readers: &[Reader]) -> bool {
    readers.iter().all(|reader| reader.has_room(calls))
}

/// What is sent again of an answer beside its tool calls. A text that was written in so many tokens may count more when it is
/// read, and a server that does not stop writes more than it may: the head that every reader's ceiling has room for is kept.
pub(super) fn again<'t>(text: &'t str, calls: &[ToolCall], readers: &[Reader]) -> &'t str {
    readers
        .iter()
        .fold(text, |text, reader| cut_to(text, reader.most.saturating_sub(reader.count(calls)), &[reader.counter]))
}

impl Conversation {
    pub(super) fn new(step: &Step, (base, left_out): (Vec<Message>, u64)) -> Conversation {
        let left = step.tools.iter().map(|(_, calls)| *calls).collect();
        Conversation { base, left_out, turns: Vec::new(), repairs: Vec::new(), left }
    }

    /// The conversation of the next rung: nothing was said yet.
    pub(super) fn begin_again(&mut self, step: &Step) {
        *self = Conversation::new(step, (std::mem::take(&mut self.base), self.left_out));
    }

    /// The turn that is next, from 1.
    pub(super) fn turn(&self) -> u64 {
        self.turns.len() as u64 + 1
    }

    /// A turn is over, and there will be another one.
    pub(super) fn said(&mut self, messages: Vec<Message>) {
        self.turns.push(messages);
    }

    /// Sends an invalid answer back with what is wrong with it. Any model of the step may have to read it.
    pub(super) fn repair(&mut self, answer: &str, problem: &str, readers: &[Reader]) {
        let note = format!("This answer is not valid: {problem}. Answer again, in the form that was asked for.");
        let counters: Vec<Counter> = readers.iter().map(|reader| reader.counter).collect();
        let note = cut_to(&note, REPAIR_NOTE_TOKENS, &counters).to_owned();
        let message = |role, text: String| Message { role, segments: vec![text], calls: Vec::new() };
        let answer = again(answer, &[], readers).to_owned();
        self.repairs.push(vec![message(Role::Assistant, answer), message(Role::User, note)]);
    }

    /// The request that is next, without regard to its ceiling.
    pub(super) fn request(
        &self,
        core: &Core<'_>,
        step: &Step,
        ceiling: &StepCeiling,
        lane: &ModelCeiling,
    ) -> Result<Request, Failure> {
        let missing = || Failure::broken(format!("`{}` has no model to ask", step.name));
        let model = core.models.get(lane.model.index()).ok_or_else(missing)?;
        // INVARIANT I-15: the cap bounds thinking too, and every request carries it.
        Ok(Request {
            model: Arc::clone(model),
            step: step.name.clone(),
            messages: self.messages(step.keep, model),
            tools: self.tools(core, step, ceiling),
            output: output(core, &step.result),
            max_output: lane.output,
            think: if model.thinking { step.think.min(lane.output) } else { 0 },
            timeout: Duration::from_millis(lane.time_ms),
        })
    }

    /// The tokens of the first request, for a route.
    pub(super) fn first(&self, core: &Core<'_>, step: &Step, ceiling: &StepCeiling, model: ModelId) -> u64 {
        let lane = ceiling.models.iter().find(|lane| lane.model == model);
        let request = lane.and_then(|lane| self.request(core, step, ceiling, lane).ok());
        request.map_or(u64::MAX, |request| request.input_tokens())
    }

    /// The attempt that sends a request, where the request is within its ceiling.
    pub(super) fn sending(
        &self,
        core: &mut Core<'_>,
        at: &At,
        step: &Step,
        lane: &ModelCeiling,
        request: &Request,
    ) -> Result<Sending, Failure> {
        let place = |list: &[u64], at: usize| at.checked_sub(1).and_then(|at| list.get(at).copied());
        let most = match self.repairs.len() {
            0 => place(&lane.turns, self.turns.len() + 1),
            repairs => place(&lane.repairs, repairs),
        };
        let most = most.ok_or_else(|| Failure::broken(format!("`{}` has more turns than its plan", step.name)))?;
        // INVARIANT I-3: what is sent was counted whole, and more than the proved ceiling is not sent.
        let input = request.input_tokens();
        if input > most {
            let (is, allowed) = (show_count(input), show_count(most));
            let detail = format!("a request of `{}` is {is} tokens, at most {allowed} are allowed", step.name);
            return Err(Failure::new(Reason::TooLong, detail));
        }
        // INVARIANT I-16: the reservation is at the dearest price that this request can fall into.
        let cost = request.model.price.ceiling(input, request.max_output);
        let tokens = input.checked_add(request.max_output);
        let (Some(cost), Some(tokens)) = (cost, tokens) else {
            return Err(Failure::new(Reason::Exhausted, "the price of a request is too large to be counted"));
        };
        Ok(Sending {
            attempt: core.attempt(at),
            scope: at.scope,
            kind: Kind::Model,
            step: step.name.clone(),
            path: Arc::clone(&at.path),
            address: at.address.clone(),
            model: Some(lane.model),
            tier: None,
            rung: None,
            turn: Some(self.turn()),
            cause: Cause::First,
            left_out: self.left_out,
            reserve: Resources {
                cost,
                calls: 1,
                turns: 1,
                tools: 0,
                input,
                output: request.max_output,
                tokens,
                time_ms: lane.time_ms,
            },
            under: Arc::clone(&at.under),
        })
    }

    fn messages(&self, keep: Keep, model: &ModelFacts) -> Vec<Message> {
        let forgotten = match keep {
            Keep::All => 0,
            Keep::Last(turns) => self.turns.len().saturating_sub(usize::try_from(turns).unwrap_or(usize::MAX)),
            Keep::Tokens(most) => self.turns.len() - self.fitting(most, model),
        };
        let kept = self.turns.iter().skip(forgotten).chain(&self.repairs).flatten();
        self.base.iter().chain(kept).cloned().collect()
    }

    /// How many of the last turns have at most so many tokens together.
    fn fitting(&self, most: u64, model: &ModelFacts) -> usize {
        let sizes = self
            .turns
            .iter()
            .rev()
            .map(|turn| turn.iter().map(|message| message.tokens(model)).fold(0, u64::saturating_add));
        let sums = sizes.scan(0u64, |sum, size| {
            *sum = sum.saturating_add(size);
            Some(*sum)
        });
        sums.take_while(|sum| *sum <= most).count()
    }

    /// The tools that may be called in the turn that is next: none in the last one, and none in a repair.
    fn tools(&self, core: &Core<'_>, step: &Step, ceiling: &StepCeiling) -> Vec<ToolSpec> {
        if self.turn() >= ceiling.turns || !self.repairs.is_empty() {
            return Vec::new();
        }
        let allowed = step.tools.iter().zip(&self.left).filter(|(_, left)| **left > 0);
        let tools = allowed.filter_map(|((tool, _), _)| core.program().tools.get(tool.index()));
        let spec = |tool: &flow_compiler::program::Tool| ToolSpec {
            name: tool.name.clone(),
            description: tool.docs.clone(),
            params: tool.params.clone(),
            schema: schema::parameters(&core.types, &tool.params),
        };
        tools.map(spec).collect()
    }
}

fn output(core: &Core<'_>, result: &Ty) -> Output {
    if matches!(result, Ty::Text(_)) {
        return Output::Text;
    }
    let schema = schema::json_schema(&core.types, result);
    Output::Json { ty: result.clone(), types: Arc::clone(&core.types), schema }
}

//! How large a request is. In: a request. Out: its input tokens, counted with the function that the bound was computed with.

use flow_compiler::tokens::request::{RequestShape, count_request, sends_schema, tool_text};

use flow_compiler::catalogue::ModelFacts;

use super::{Message, Output, Request, ToolSpec};

impl Request {
    /// Its input tokens under its model, overheads, tools and the schema of the answer included.
    #[must_use]
    pub fn input_tokens(&self) -> u64 {
        let messages: Vec<Vec<&str>> = self.messages.iter().map(|message| message.counted().collect()).collect();
        let messages: Vec<&[&str]> = messages.iter().map(Vec::as_slice).collect();
        let text = |tool: &ToolSpec| tool_text(&tool.name, &tool.description, &tool.schema);
        let tools: Vec<String> = self.tools.iter().map(text).collect();
        let tools: Vec<&str> = tools.iter().map(String::as_str).collect();
        let schema = match &self.output {
            Output::Json { ty, schema, .. } if sends_schema(&self.model, ty) => Some(schema.to_string()),
            Output::Json { .. } | Output::Text => None,
        };
        let shape = RequestShape { messages: &messages, tool_schemas: &tools, answer_schema: schema.as_deref() };
        count_request(&self.model, &shape)
    }
}

impl Message {
    /// What it adds to a request to a model, its overhead included.
    pub(crate) fn tokens(&self, model: &ModelFacts) -> u64 {
        let pieces: Vec<&str> = self.counted().collect();
        let shape = RequestShape { messages: &[&pieces], ..RequestShape::default() };
        count_request(model, &shape).saturating_sub(model.overhead.request)
    }

    /// All its text in pieces: what it says, and the tool calls that it repeats.
    fn counted(&self) -> impl Iterator<Item = &str> {
        let calls = self.calls.iter().flat_map(|call| [call.name.as_str(), call.arguments.as_str()]);
        self.segments.iter().map(String::as_str).chain(calls)
    }
}

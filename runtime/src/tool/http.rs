//! Tools behind HTTP. In: a call with its address. Out: the body of a successful answer as a value.
//!
//! `GET` carries the arguments as a query, every other method as a JSON object. One request, no redirects, no retries. An
//! address may hold a secret of the environment, so no message shows any part of it, nor what the server said.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, redirect, retry};
use serde_json::Value as Json;

use super::{ToolFault, ToolRequest, result};

/// The longest that a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// Calls tools behind HTTP.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
}

impl Http {
    /// A client that sends once.
    ///
    /// # Errors
    /// Where no TLS can be set up on this machine.
    pub fn new() -> Result<Http, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            .user_agent(concat!("flow/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Http { client })
    }

    /// Carries out one call.
    ///
    /// # Errors
    /// Where there is no successful answer in time, or it is not of the tool's type.
    pub async fn call(&self, call: &ToolRequest, method: &str, url: &str) -> Result<Json, ToolFault> {
        let request = self.request(call, method, url)?;
        tokio::time::timeout(call.timeout, exchange(call, request)).await.unwrap_or_else(|_| Err(ToolFault::late(call)))
    }

    fn request(&self, call: &ToolRequest, method: &str, url: &str) -> Result<RequestBuilder, ToolFault> {
        let name = &call.tool.name;
        let no_method = |_| ToolFault::nothing(format!("`{method}` of `{name}` is not a method of HTTP"));
        let method = Method::from_bytes(method.as_bytes()).map_err(no_method)?;
        let no_address = || ToolFault::nothing(format!("the address of `{name}` is not one"));
        let mut url = reqwest::Url::parse(url).ok().filter(|url| url.has_host()).ok_or_else(no_address)?;
        if method != Method::GET {
            return Ok(self.client.request(method, url).json(&call.args));
        }
        for (key, value) in call.args.iter().filter(|(_, value)| !value.is_null()) {
            url.query_pairs_mut().append_pair(key, &in_query(value));
        }
        Ok(self.client.get(url))
    }
}

async fn exchange(call: &ToolRequest, request: RequestBuilder) -> Result<Json, ToolFault> {
    let name = &call.tool.name;
    let response = request.send().await.map_err(|error| unsent(call, &error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(ToolFault::in_doubt(format!("`{name}` answered {}", status.as_u16())));
    }
    let body = read(response, result::most_read(call)).await;
    let body = body.ok_or_else(|| ToolFault::in_doubt(format!("`{name}` broke off in the middle of its answer")))?;
    result::read(call, body).map_err(ToolFault::in_doubt)
}

/// Reads at most one byte more than `most`; `None` where the connection breaks before.
async fn read(mut response: Response, most: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        let room = most.saturating_add(1) - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() > most {
            break;
        }
    }
    Some(body)
}

fn in_query(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn unsent(call: &ToolRequest, error: &reqwest::Error) -> ToolFault {
    let name = &call.tool.name;
    if error.is_builder() {
        return ToolFault::nothing(format!("the address of `{name}` is not one"));
    }
    if error.is_connect() {
        return ToolFault::nothing(format!("the server of `{name}` cannot be reached"));
    }
    ToolFault::in_doubt(format!("the server of `{name}` broke the connection before it answered"))
}

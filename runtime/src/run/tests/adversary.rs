//! Nobody plays fair: models fill every cap, call every tool, answer badly, hang, bill and vanish; tools do the same. Whatever
//! they do, no run passes its bound in any dimension. (`always` in the shared tests checks that, and that a replay is the run.)

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flow_compiler::catalogue::ModelFacts;
use flow_compiler::cost::Usage;
use flow_compiler::plan::Plan;
use flow_compiler::program::{FlowId, Reason, Ty, Types};
use futures_util::future::BoxFuture;
use serde_json::{Value as Json, json};

use crate::budget::Hold;
use crate::clock::CountingClock;
use crate::ledger::MemoryBook;
use crate::provider::{
    Answer, Charge, EmbedRequest, Embedded, Fault, Finish, Output, Progress, Provider, Remedy, Request, ToolCall,
};
use crate::run::{Backoff, Runner};
use crate::testing::{always, plan};
use crate::tool::{ToolCharge, ToolFault, ToolHost, ToolRequest};

/// Chooses, the same way for the same seed.
struct Adversary(Mutex<u64>);

impl Adversary {
    fn choose(&self, of: u64) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // SplitMix64.
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % of
    }

    fn value(&self, ty: &Ty, types: &Types) -> Json {
        match ty {
            Ty::Text(size) => {
                let most = size.tokens.min(size.bytes);
                let length = if self.choose(4) == 0 { self.choose(most + 1) } else { most };
                Json::String("x".repeat(usize::try_from(length).expect("a length")))
            }
            Ty::Bool => json!(self.choose(3) == 0),
            Ty::Score => json!(0.5),
            Ty::Int { low, high } => json!(if self.choose(2) == 0 { low } else { high }),
            Ty::List { element, high, .. } => (0..*high).map(|_| self.value(element, types)).collect(),
            Ty::Record(id) => {
                let fields = types.records[id.index()].fields.iter();
                Json::Object(fields.map(|field| (field.name.clone(), self.value(&field.ty, types))).collect())
            }
            Ty::Never
            | Ty::Null
            | Ty::Usd { .. }
            | Ty::Date
            | Ty::Id
            | Ty::Json(_)
            | Ty::Vector
            | Ty::Optional(_)
            | Ty::Enum(_)
            | Ty::Unknown => Json::Null,
        }
    }

    fn usage(&self, input: u64, output: u64) -> Option<Usage> {
        match self.choose(4) {
            0 => None,
            1 => Some(Usage { input_fresh: self.choose(input + 1), output_text: 0, ..Usage::default() }),
            _ => Some(Usage { input_fresh: input, output_reasoning: output, ..Usage::default() }),
        }
    }

    async fn delay(&self, timeout: Duration) {
        let part = match self.choose(4) {
            0 => timeout,
            1 => timeout + Duration::from_secs(1),
            part => timeout * u32::try_from(part).expect("small") / 4,
        };
        tokio::time::sleep(part).await;
    }
}

impl Provider for Adversary {
    fn complete<'a>(
        &'a self,
        _: &'a Hold,
        request: &'a Request,
        _: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> BoxFuture<'a, Result<Answer, Fault>> {
        Box::pin(async move {
            self.delay(request.timeout).await;
            let usage = self.usage(request.input_tokens(), request.max_output);
            if self.choose(4) == 0 {
                let charge = match (self.choose(3), usage) {
                    (0, _) => Charge::Nothing,
                    (1, Some(usage)) => Charge::Reported(usage),
                    _ => Charge::InDoubt,
                };
                let remedy = match self.choose(4) {
                    0 => Remedy::Fallback,
                    1 => Remedy::Retry { after: Some(Duration::from_millis(self.choose(400))) },
                    _ => Remedy::Retry { after: None },
                };
                let reason = if self.choose(2) == 0 { Reason::Timeout } else { Reason::Unavailable };
                return Err(Fault { reason, detail: "as chosen".into(), charge, remedy });
            }
            let written = match (&request.output, self.choose(4)) {
                (Output::Text, _) | (Output::Json { .. }, 0) => {
                    self.value(&Ty::Text(whole(request.max_output)), &Types::default())
                }
                (Output::Json { ty, types, .. }, _) => self.value(ty, types),
            };
            let text = if let Json::String(text) = written { text } else { written.to_string() };
            let count = if request.tools.is_empty() { self.choose(2) } else { self.choose(5) };
            let calls = (0..count).map(|number| {
                let tool = request.tools.get(usize::try_from(self.choose(3)).expect("small"));
                let name = tool.map_or("none", |tool| tool.name.as_str()).to_owned();
                let arguments = if self.choose(5) == 0 { "{" } else { "{\"q\":\"12345678\"}" }.to_owned();
                ToolCall { id: number.to_string(), name, arguments }
            });
            let finish = [Finish::Stop, Finish::Stop, Finish::Stop, Finish::Length, Finish::Refused];
            let finish = finish[usize::try_from(self.choose(5)).expect("small")];
            Ok(Answer { calls: calls.collect(), text, finish, usage, model: None })
        })
    }

    fn embed<'a>(&'a self, _: &'a Hold, request: &'a EmbedRequest) -> BoxFuture<'a, Result<Embedded, Fault>> {
        Box::pin(async move {
            self.delay(request.timeout).await;
            Ok(Embedded { vectors: vec![vec![1.0]; request.texts.len()], usage: None })
        })
    }
}

fn whole(tokens: u64) -> flow_compiler::program::TextSize {
    flow_compiler::program::TextSize { tokens, chars: tokens, bytes: tokens }
}

impl ToolHost for Adversary {
    fn call<'a>(&'a self, _: &'a Hold, call: &'a ToolRequest) -> BoxFuture<'a, Result<Json, ToolFault>> {
        Box::pin(async move {
            self.delay(call.timeout).await;
            match self.choose(4) {
                0 => Err(ToolFault { detail: "as chosen".into(), timed_out: false, charge: ToolCharge::InDoubt }),
                1 => Ok(json!("x".repeat(100))),
                _ => Ok(json!("12345678")),
            }
        })
    }
}

async fn play(plan: &Plan, seed: u64) -> bool {
    let adversary = Arc::new(Adversary(Mutex::new(seed)));
    let book = Arc::new(MemoryBook::default());
    let asked = Arc::clone(&adversary);
    let providers =
        move |_: &ModelFacts| -> Result<Arc<dyn Provider>, Fault> { Ok(Arc::clone(&asked) as Arc<dyn Provider>) };
    let runner = Runner {
        tools: adversary,
        clock: Arc::new(CountingClock::default()),
        backoff: Backoff::Longest,
        ..Runner::new(Arc::clone(&book) as _, Arc::new(providers))
    };
    let flow = FlowId(u32::try_from(plan.program.flows.len() - 1).expect("few flows"));
    let input = json!({"x": "12345678"});
    let report = runner.run(plan, flow, &input, &[]).await.expect("a report");
    always(plan, flow, &input, &report, &book.entries());
    // A run within its bound never meets the guard.
    assert_ne!(report.reason.as_deref(), Some("Exhausted"), "seed {seed}: {:?}", report.detail);
    assert_ne!(report.reason.as_deref(), Some("TooLong"), "seed {seed}: {:?}", report.detail);
    report.result.is_some()
}

const TOOLS: &str = "
tool look(q: Text<=8tok) -> Text<=8tok {
  from   exec(\"look\")
  effect read
  price  $0.001
  time   <= 2s
  gate   good(q) else \"no\"
}
tool find(q: Text<=8tok) -> Text<=30tok {
  from   exec(\"find\")
  effect read
  price  $0.002
  time   <= 3s
  gate   not seen(q) else deny
}
step good(text: Text<=8tok) -> Bool {
  on b
  format none
  retry <= 1
  \"\"\"
  {raw text}
  \"\"\"
}
type Claim { text: Text<=8tok, parts: Text<=8tok[<=3] }
";

#[tokio::test(start_paused = true)]
async fn no_run_passes_its_bound() {
    let flows = [
        // A ladder with stand-ins, a judge, tools, retries and repairs.
        "step solve(x: Text<=8tok) -> Claim {
           on ab -> c
           accept good(it.text)
           tools look <= 2, find <= 1
           turns <= 3
           retry <= 2
           repair <= 2
           \"\"\"
           {raw x}
           \"\"\"
         }
         pub flow f(x: Text<=8tok) -> Text<=8tok {
           budget calls <= 999
           let found = find(x) cut 8tok else \"none\"
           return solve(found).text else \"none\"
         }",
        // The same in parallel, with a window over the conversation.
        "step solve(x: Text<=8tok) -> Claim {
           on ab
           tools look <= 2, find <= 2
           turns <= 4, keep last 1
           retry <= 1
           \"\"\"
           {raw x}
           \"\"\"
         }
         pub flow f(x: Text<=8tok) -> Text<=8tok[<=3] {
           budget calls <= 999
           let claim = solve(x)
           let all = each part in claim.parts, parallel <= 2 {
             let ok = good(part) else skip
             if ok { part } else { solve(part).text else skip }
           }
           return all
         }",
        // A loop that mends, and a limit of the caller.
        "step mend(x: Text<=8tok) -> Text<=8tok {
           on a | b
           repair <= 1
           \"\"\"
           {raw x}
           \"\"\"
         }
         flow inner(x: Text<=8tok) -> Text<=8tok {
           budget calls <= 99
           let a = mend(x) else x
           return mend(a) else x
         }
         pub flow f(x: Text<=8tok) -> Text<=8tok {
           budget calls <= 999
           var draft: Text<=8tok = x
           loop <= 3 {
             let ok = good(draft) else false
             if ok { break }
             draft = inner(draft)
           }
           check draft != \"\" else escalate(\"nothing\")
           return draft
         }",
    ];
    for (number, flow) in flows.iter().enumerate() {
        let plan = plan(&format!("{TOOLS}{}", flow.replace("a | b", "ab")));
        let mut done = 0;
        for seed in 0..300 {
            done += u32::from(play(&plan, seed).await);
        }
        assert!(done > 10, "flow {number}: {done} of 300 runs are done, so little was tried");
    }
}

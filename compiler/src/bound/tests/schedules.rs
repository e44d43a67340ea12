//! Conversations with tools against every schedule: which tools are called in which turn, how often, and what is declined. The
//! evaluator knows the rules of a conversation and nothing of the bound.

use super::super::NOTE;
use super::whole;
use crate::program::{Program, Step};
use crate::schema;
use crate::tokens::request::tool_text;

/// A conversation under way.
#[derive(Clone)]
struct Talk {
    /// What each earlier turn added.
    said: Vec<u64>,
    left: Vec<u64>,
    spent: u64,
}

struct Rules {
    base: u64,
    answer: u64,
    /// Schema and result of each tool.
    tools: Vec<(u64, u64)>,
    turns: u64,
    window: usize,
}

impl Rules {
    fn of(program: &Program, step: &Step, window: usize) -> Rules {
        let tools = step.tools.iter().map(|(id, _)| {
            let tool = &program.tools[id.index()];
            let text = tool_text(&tool.name, &tool.docs, &schema::parameters(&program.types, &tool.params));
            let crate::program::Ty::Text(size) = &tool.result else { panic!("a text") };
            (text.len() as u64, size.tokens)
        });
        let calls: u64 = step.tools.iter().map(|(_, calls)| calls).sum();
        // `big{"q":"…"}`, every byte escaped: longer than the answer, where there is a turn for it.
        let call = |name: &str| name.len() as u64 + 8 + 2 * 4;
        let longest = step.tools.iter().map(|(id, _)| call(&program.tools[id.index()].name)).max().unwrap_or(0);
        let answer = if step.turns > 1 { longest.max(10) } else { 10 };
        Rules { base: 25, answer, tools: tools.collect(), turns: step.turns.min(calls + 1), window }
    }

    /// The most input tokens of all turns together, over everything that a model could ask for.
    fn most(&self, talk: &Talk) -> u64 {
        let turn = talk.said.len() as u64 + 1;
        let offers = turn < self.turns && talk.left.iter().any(|left| *left > 0);
        let offered = self.tools.iter().zip(&talk.left).filter(|(_, left)| offers && **left > 0);
        let schemas: u64 = offered.map(|((schema, _), _)| schema).sum();
        let kept: u64 = talk.said.iter().rev().take(self.window).sum();
        let spent = talk.spent + self.base + schemas + kept;
        if !offers {
            return spent;
        }
        let mut most = spent;
        // Declined: it is told so, and one of the calls is used up.
        let mut declined = talk.clone();
        if let Some(left) = declined.left.iter_mut().find(|left| **left > 0) {
            *left -= 1;
        }
        declined.said.push(self.answer + NOTE.len() as u64);
        declined.spent = spent;
        most = most.max(self.most(&declined));
        for calls in choices(&talk.left).into_iter().filter(|calls| calls.iter().any(|count| *count > 0)) {
            let mut next = talk.clone();
            let mut said = self.answer;
            for (index, count) in calls.iter().enumerate() {
                next.left[index] -= count;
                said += count * self.tools[index].1;
            }
            next.said.push(said);
            next.spent = spent;
            most = most.max(self.most(&next));
        }
        most
    }
}

/// Every way to call tools of which so many calls are left.
fn choices(left: &[u64]) -> Vec<Vec<u64>> {
    let Some((first, rest)) = left.split_first() else { return vec![Vec::new()] };
    let rest = choices(rest);
    (0..=*first).flat_map(|count| rest.iter().map(move |rest| [&[count][..], rest].concat())).collect()
}

fn agree(clauses: &str, window: usize) {
    let text = format!(
        "tool big(q: Text<=4tok) -> Text<=100tok {{ from exec(\"big\")\n effect read\n price $0.002\n time <= 2s }}
         tool small(q: Text<=4tok) -> Text<=60tok {{ from exec(\"small\")\n effect read\n price $0.001\n time <= 1s }}
         step ask(q: Text<=20tok) -> Text<=10tok {{ on unit\n{clauses}\n\"Say: {{raw q}}\" }}
         flow main(q: Text<=20tok) -> Text<=10tok {{ return ask(q) }}"
    );
    let compiled = whole(&text);
    let plan = compiled.plan.expect("a plan");
    let step = &plan.program.steps[0];
    let rules = Rules::of(&plan.program, step, window);
    let left = step.tools.iter().map(|(_, calls)| *calls).collect();
    let most = rules.most(&Talk { said: Vec::new(), left, spent: 0 });
    let bound = plan.ceilings.flows[0].input;
    assert!(most <= bound, "{clauses}: a schedule takes {most}, the bound is {bound}");
    if compiled.report.flows[0].is_exact() {
        assert_eq!(most, bound, "{clauses}");
    }
}

#[test]
fn no_schedule_takes_more_and_where_it_is_exact_one_takes_as_much() {
    for turns in 1..=5 {
        for big in 1..=4 {
            agree(&format!("tools big <= {big}\n turns <= {turns}"), usize::MAX);
            agree(&format!("tools big <= {big}\n turns <= {turns}, keep last 1"), 1);
            agree(&format!("tools big <= {big}\n turns <= {turns}, keep last 2"), 2);
            agree(&format!("tools big <= {big}, small <= 2\n turns <= {turns}"), usize::MAX);
            agree(&format!("tools small <= 2, big <= {big}\n turns <= {turns}, keep last 2"), 2);
        }
    }
}

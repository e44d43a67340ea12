//! A run that reaches the bound, for one dimension. In: a bounded flow. Out: every choice of it, in order.

use super::exits::Exit;
use super::report::{Choice, Happens, Witness};
use super::tree::{Bounded, ToolBound, What};
use super::walk::{self, Way};
use crate::cost::Dimension;
use crate::program::Program;

/// The run of a flow that takes the most in a dimension.
pub(super) fn witness(program: &Program, flow: &str, bounded: &Bounded<'_>, dimension: Dimension) -> Witness {
    let mut teller = Teller { program, dimension, choices: Vec::new() };
    if let Some(exit) = bounded.exits.dearest(&Exit::ALL, dimension) {
        teller.tell(bounded, &Way::new(exit), flow, 0);
    }
    Witness { dimension, amount: bounded.any().get(dimension), choices: teller.choices }
}

struct Teller<'a> {
    program: &'a Program,
    dimension: Dimension,
    choices: Vec<Choice>,
}

impl Teller<'_> {
    fn tell(&mut self, bounded: &Bounded<'_>, way: &Way, path: &str, line: u32) {
        match &bounded.what {
            What::Nothing | What::Embedding(_) | What::Ask(_) => {}
            What::Body(..) => {
                for (part, way) in walk::body(bounded, way, self.dimension) {
                    self.tell(&part.bounded, &way, path, part.node.place.line);
                }
            }
            What::Step(id, step) => {
                let name = self.program.steps.get(id.index()).map_or("", |step| step.name.as_str());
                let path = format!("{path}/{name}");
                for call in &step.asks.calls {
                    self.tell(call, &Way::new(Exit::Falls), &path, line);
                }
                let (arm, inside) = walk::step(bounded, step.table.as_deref(), way, self.dimension);
                if let Some((arm, attempts)) = step.attempts(self.program, self.dimension, arm) {
                    let attempts = attempts.into_iter().map(|(_, said)| said).collect();
                    self.say(&path, line, Happens::Step { arm, attempts });
                }
                if let Some(accept) = &step.accept {
                    let exit = accept.exits.dearest(&Exit::ALL, self.dimension).unwrap_or(Exit::Falls);
                    self.tell(accept, &Way { exit, ..inside }, &format!("{path}/accept"), line);
                }
                let tools = if step.turns > 1 { step.tools.as_slice() } else { &[] };
                tools.iter().for_each(|(_, _, tool)| self.gate(tool, &Way::new(Exit::Falls), &path, line));
            }
            What::Tool(id, tool) => {
                let name = self.program.tools.get(id.index()).map_or("", |tool| tool.name.as_str());
                let (_, inside) = walk::step(bounded, tool.table.as_deref(), way, self.dimension);
                self.gate(tool, &inside, &format!("{path}/{name}"), line);
            }
            What::Flow(id, _) => {
                let name = self.program.flows.get(id.index()).map_or("", |flow| flow.name.as_str());
                self.inside(bounded, way, &format!("{path}/{name}"), line);
            }
            What::Choose(..) => {
                let (arm, _) = walk::arm(bounded, way, self.dimension);
                self.say(path, line, arm.map_or(Happens::NoArm, Happens::Arm));
                self.inside(bounded, way, path, line);
            }
            What::Each { most, .. } => {
                let path = format!("{path}/each");
                self.say(&path, line, Happens::Elements(*most));
                self.inside(bounded, way, &path, line);
            }
            What::Loop { .. } => {
                let path = format!("{path}/loop");
                let (on, last) = walk::rounds_of(bounded, way, self.dimension);
                let rounds = on + u64::from(last.is_some());
                self.say(&path, line, Happens::Rounds { rounds, breaks: last == Some(Exit::Breaks) });
                self.inside(bounded, way, &path, line);
            }
            What::Attempt(..) => {
                let inside = walk::inside(bounded, way, self.dimension);
                let fails = inside.len() > 1;
                for (index, (inner, _, way)) in inside.into_iter().enumerate() {
                    if fails && index == 1 {
                        self.say(path, line, Happens::Fails);
                        self.tell(inner, &way, &format!("{path}/else"), line);
                    } else {
                        self.tell(inner, &way, path, line);
                    }
                }
            }
        }
    }

    fn inside(&mut self, bounded: &Bounded<'_>, way: &Way, path: &str, line: u32) {
        for (inner, _, way) in walk::inside(bounded, way, self.dimension) {
            self.tell(inner, &way, path, line);
        }
    }

    fn gate(&mut self, tool: &ToolBound<'_>, way: &Way, path: &str, line: u32) {
        if let Some(gate) = &tool.gate {
            self.tell(gate, way, &format!("{path}/gate"), line);
        }
    }

    fn say(&mut self, path: &str, line: u32, happens: Happens) {
        self.choices.push(Choice { path: path.to_owned(), line, happens });
    }
}

//! Circles of imports, each said once with its way.

use super::load::{Import, Module};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;

/// How far a module has been looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    No,
    /// It is on the way that is being followed.
    Open,
    Done,
}

/// Follows every import from the root on. Without recursion: chains of imports may be long.
pub(super) fn check(modules: &[Module], diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = vec![Seen::No; modules.len()];
    // The way from the root: each module and the import to look at next.
    let mut way: Vec<(usize, usize)> = Vec::new();
    for start in 0..modules.len() {
        if seen[start] != Seen::No {
            continue;
        }
        seen[start] = Seen::Open;
        way.push((start, 0));
        while let Some((module, next)) = way.last_mut() {
            let Some(import) = modules[*module].imports.get(*next) else {
                seen[*module] = Seen::Done;
                way.pop();
                continue;
            };
            *next += 1;
            let Some(target) = import.module else { continue };
            match seen[target] {
                Seen::No => {
                    seen[target] = Seen::Open;
                    way.push((target, 0));
                }
                Seen::Open => diagnostics.push(circle(modules, &way, import, target)),
                Seen::Done => {}
            }
        }
    }
}

fn circle(modules: &[Module], way: &[(usize, usize)], last: &Import, target: usize) -> Diagnostic {
    let from = way.iter().position(|(module, _)| *module == target).unwrap_or(0);
    let names = way[from..].iter().map(|(module, _)| *module).chain([target]);
    let path: Vec<String> = names.map(|module| format!("`{}`", modules[module].path)).collect();
    if path.len() == 2 {
        let problem = Diagnostic::error(code::E0307, last.span, format!("{} imports itself", path[0]));
        return problem.label("this very file").help("a file knows its own items without `use`");
    }
    let message = format!("modules import each other in a circle: {}", path.join(" → "));
    let mut problem = Diagnostic::error(code::E0307, last.span, message).label("closes the circle");
    let steps = &way[from..way.len() - 1];
    for (module, next) in steps {
        if let Some(import) = modules[*module].imports.get(next.saturating_sub(1)) {
            problem = problem.label_at(import.span, "on the way");
        }
    }
    problem.help("move what both need into a module of its own")
}

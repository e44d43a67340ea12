//! `match`: every value has its arm, and every arm has a value.

use std::collections::HashMap;

use super::control::{arms_type, pure_choice};
use super::lower::{LocalKind, Lower, Typed, Want};
use super::pattern::{Asks, not_null};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::program::{Arm, Expr, Literal, Slot, Test, Ty};
use crate::source::Span;
use crate::syntax::{self, Pattern, PatternKind};

/// An expression of more parts than this is not repeated in every arm but made once.
const REPEATED: usize = 8;

/// What has been asked by the arms so far.
pub(super) struct Covered {
    ty: Ty,
    tests: HashMap<Test, Span>,
    /// The arm that takes everything.
    all: Option<Span>,
    /// Whether an arm was not understood: it may be any of the missing ones.
    unknown: bool,
}

impl Covered {
    pub(super) fn new(ty: Ty) -> Self {
        Covered { ty, tests: HashMap::new(), all: None, unknown: false }
    }

    /// Whether the arms so far leave nothing over.
    pub(super) fn is_whole(&self, lower: &Lower<'_, '_>) -> bool {
        let is_enough =
            |most| self.tests.len() >= most && self.missing(lower).is_some_and(|missing| missing.is_empty());
        self.all.is_some() || self.needed(lower).is_some_and(is_enough)
    }

    /// How many patterns it takes to leave nothing over; `None` where the values cannot be listed.
    fn needed(&self, lower: &Lower<'_, '_>) -> Option<usize> {
        let values = match not_null(&self.ty) {
            Ty::Enum(id) => lower.checker.program.types.enums.get(id.index())?.variants.len(),
            Ty::Bool => 2,
            Ty::Null => 0,
            Ty::Int { low, high } => usize::try_from(high.checked_sub(*low)?).ok()?.checked_add(1)?,
            _ => return None,
        };
        Some(values + usize::from(matches!(self.ty, Ty::Optional(_) | Ty::Null)))
    }

    /// The patterns that no arm has; `None` where the values cannot be listed.
    fn missing(&self, lower: &Lower<'_, '_>) -> Option<Vec<String>> {
        let has = |test: &Test| self.tests.contains_key(test);
        let mut missing = match not_null(&self.ty) {
            Ty::Enum(id) => {
                let variants = &lower.checker.program.types.enums.get(id.index())?.variants;
                let all = variants.iter().zip(0u32..);
                all.filter(|(_, index)| !has(&Test::Variant(*id, *index))).map(|(of, _)| of.name.clone()).collect()
            }
            Ty::Bool => {
                let all = [true, false].into_iter();
                all.filter(|value| !has(&Test::Literal(Literal::Bool(*value)))).map(|value| value.to_string()).collect()
            }
            Ty::Null => Vec::new(),
            Ty::Int { low, high } if high.checked_sub(*low).is_some_and(|span| span < 1_000) => {
                let all = *low..=*high;
                all.filter(|value| !has(&Test::Literal(Literal::Int(*value)))).map(|value| value.to_string()).collect()
            }
            _ => return None,
        };
        if matches!(self.ty, Ty::Optional(_) | Ty::Null) && !has(&Test::Literal(Literal::Null)) {
            missing.push("null".to_owned());
        }
        Some(missing)
    }
}

/// Arms that are added by name; more of them are one `_`.
const MOST_ADDED: usize = 8;

impl<'a> Lower<'_, 'a> {
    pub(super) fn matching(
        &mut self,
        value: &syntax::Expr,
        arms: &[(Pattern, syntax::Expr)],
        span: Span,
        want: Want<'_>,
    ) -> Typed {
        let value_typed = self.expr(value, Want::Any);
        let looked_at = self.held(value_typed, value.span);
        let mut covered = Covered::new(looked_at.ty.clone());
        let mut lowered: Vec<(Arm, Ty, Span)> = Vec::new();
        let mut hint: Option<Ty> = None;
        for (pattern, body) in arms {
            let asks = self.asks(pattern, &looked_at.ty, value.span);
            let fresh = self.cover(&mut covered, pattern, &asks, value.span);
            let binds = self.binds(pattern, &asks, &looked_at);
            let narrowed = match (&asks, covered.has_null()) {
                (Asks::Test(Test::Literal(Literal::Null)), _) => None,
                (Asks::Test(_), _) | (Asks::Nothing, true) => self.not_null(&looked_at.expr),
                (Asks::Nothing | Asks::Unknown, _) => None,
            };
            let inner_want = match (want, &hint) {
                (Want::Any, Some(hint)) => Want::Like(hint),
                (want, _) => want,
            };
            let (arm_body, ty) = self.branch(|lower| {
                lower.known.extend(narrowed);
                for (name, at, slot, ty, _) in &binds {
                    lower.bind(name, *at, Typed::new(Expr::Slot(*slot), ty.clone()), LocalKind::Given);
                }
                lower.expr(body, inner_want)
            });
            hint = hint.or_else(|| (!matches!(ty, Ty::Never | Ty::Null)).then(|| ty.clone()));
            let when = match asks {
                Asks::Test(test) => Some(Expr::Is(Box::new(looked_at.expr.clone()), test)),
                Asks::Nothing | Asks::Unknown => None,
            };
            let binds = binds.into_iter().map(|(_, _, slot, _, expr)| (slot, expr)).collect();
            if fresh {
                lowered.push((Arm { when, binds, body: arm_body }, ty, body.span));
            }
        }
        self.expect_whole(&covered, value, span, arms.last().map(|(_, body)| body.span));
        if lowered.is_empty() {
            return Typed::unknown();
        }
        // The last arm takes what is left: the arms before it are all others.
        if let (Some((last, _, _)), true) = (lowered.last_mut(), covered.unknown || covered.is_whole(self)) {
            last.when = None;
        }
        let ty = arms_type(self, lowered.iter().map(|(_, ty, span)| (ty, *span)), want);
        let arms: Vec<Arm> = lowered.into_iter().map(|(arm, _, _)| arm).collect();
        match pure_choice(&arms) {
            Some(expr) if !matches!(want, Want::Nothing) && ty != Ty::Never => Typed::new(expr, ty),
            _ => self.finish_choice(span, arms, ty, want),
        }
    }

    /// A value that is read in several places: made once where it is large.
    fn held(&mut self, value: Typed, span: Span) -> Typed {
        if super::values::size(&value.expr) <= REPEATED {
            return value;
        }
        if self.can_hold_values() {
            let slot = self.value_node(span, None, value.expr);
            return Typed::new(Expr::Slot(slot), value.ty);
        }
        self.checker.error(code::E0708, span, "this is too long to be looked at here", "give it a shorter form");
        Typed::new(Expr::Literal(Literal::Null), value.ty)
    }

    /// Notes what an arm asks. Whether any value is left for it.
    pub(super) fn cover(&mut self, covered: &mut Covered, pattern: &Pattern, asks: &Asks, value: Span) -> bool {
        let before = match asks {
            Asks::Unknown => {
                covered.unknown = true;
                return true;
            }
            Asks::Test(test) => covered.tests.get(test).copied(),
            Asks::Nothing => None,
        };
        let whole = covered.is_whole(self);
        if before.is_some() || whole {
            let diagnostic =
                Diagnostic::error(code::E0407, pattern.span, "nothing is left for this arm").label("never chosen");
            let first = before.or(covered.all).unwrap_or(value);
            self.checker.say(diagnostic.label_at(first, "all of it is taken here"));
            return false;
        }
        match asks {
            Asks::Test(test) => {
                covered.tests.insert(test.clone(), pattern.span);
            }
            Asks::Nothing => covered.all = Some(pattern.span),
            Asks::Unknown => {}
        }
        true
    }

    /// Says which values have no arm, and adds them where a run may end: each says so and leaves to the author what is meant.
    pub(super) fn expect_whole(&mut self, covered: &Covered, value: &syntax::Expr, span: Span, last: Option<Span>) {
        if covered.all.is_some() || covered.unknown || matches!(covered.ty, Ty::Unknown | Ty::Never) {
            return;
        }
        let head = Span { end: value.span.end, ..span };
        let missing = covered.missing(self);
        let fix = last.filter(|_| self.can_end_run()).map(|last| {
            let listed = missing.as_ref().filter(|missing| missing.len() <= MOST_ADDED);
            let names = listed.cloned().unwrap_or_else(|| vec!["_".to_owned()]);
            self.added_arms(&names, self.checker.text(value.span), span, last)
        });
        let (message, help) = match missing {
            Some(missing) if missing.is_empty() => return,
            Some(missing) => {
                let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                (format!("no arm for {names}"), format!("add {names}, or `_` for all that is left"))
            }
            None => {
                let shown = self.checker.show(&covered.ty);
                (format!("no arm for the rest of `{shown}`"), "add an arm `_` for all that is left".to_owned())
            }
        };
        let diagnostic = Diagnostic::error(code::E0406, head, message).label("every value has its arm").help(help);
        self.checker.say(match fix {
            Some((at, arms)) => diagnostic.fix("add the missing arms", at, arms),
            None => diagnostic,
        });
    }

    /// Whether `escalate` may stand here.
    fn can_end_run(&self) -> bool {
        self.within == super::lower::Within::Flow && self.can_hold_values()
    }

    /// Arms that end the run, behind the last one: on lines of their own where the arms have such.
    fn added_arms(&self, names: &[String], value: &str, span: Span, last: Span) -> (Span, String) {
        let whole = self.checker.text(span);
        let (before, _) = whole.split_at_checked(last.start.saturating_sub(span.start) as usize).unwrap_or((whole, ""));
        let between = match before.rsplit_once('\n') {
            // The last arm begins its line: as far in as that one.
            Some((_, line)) => {
                format!("\n{}", " ".repeat(line.len() - line.trim_start_matches(' ').len()))
            }
            None => ", ".to_owned(),
        };
        let value = value.replace(['"', '\\', '\n'], "'");
        let arms = names.iter().map(|name| match name.as_str() {
            "_" => format!("{between}_ => escalate(\"{value} is not handled\")"),
            name => format!("{between}{name} => escalate(\"{value} is {name}\")"),
        });
        (last.after(), arms.collect())
    }

    /// The fields that a pattern takes out, each with a slot.
    fn binds(&mut self, pattern: &Pattern, asks: &Asks, value: &Typed) -> Vec<(String, Span, Slot, Ty, Expr)> {
        let PatternKind::Variant { name, fields } = &pattern.kind else { return Vec::new() };
        let Asks::Test(Test::Variant(id, index)) = asks else {
            // Their names stay known, so that they are not said to be missing.
            let fields = fields.iter();
            return fields
                .map(|field| (field.text.clone(), field.span, self.slot(), Ty::Unknown, value.expr.clone()))
                .collect();
        };
        let known = self.checker.variant_fields(*id, *index);
        let mut binds = Vec::new();
        for field in fields {
            let ty = match known.iter().find(|of| of.name == field.text) {
                Some(found) => found.ty.clone(),
                None => {
                    let near = crate::diagnostic::nearest(&field.text, known.iter().map(|of| of.name.as_str()));
                    let message = format!("variant `{}` has no field `{}`", name.text, field.text);
                    let diagnostic = Diagnostic::error(code::E0402, field.span, message).label("not a field");
                    let near = near.map(str::to_owned);
                    self.checker.say(match near {
                        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                        None => diagnostic,
                    });
                    Ty::Unknown
                }
            };
            let expr = Expr::Payload { value: Box::new(value.expr.clone()), field: field.text.clone() };
            binds.push((field.text.clone(), field.span, self.slot(), ty, expr));
        }
        binds
    }
}

impl Covered {
    /// Whether an arm before asked for `null`.
    fn has_null(&self) -> bool {
        self.tests.contains_key(&Test::Literal(Literal::Null))
    }
}

//! Repetition: `each` over a list of known length, `loop` with a cap.

use super::caps::MOST;
use super::lower::{LocalKind, Lower, Typed, Want};
use super::needs;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::program::{Expr, Literal, NodeKind, Ty};
use crate::source::Span;
use crate::syntax::{self, Block, Name};

/// The most elements at once.
const MOST_PARALLEL: u64 = 10_000;

impl Lower<'_, '_> {
    /// `each q in questions, parallel <= 3 { … }`
    pub(super) fn each(
        &mut self,
        binder: &Name,
        list: &syntax::Expr,
        parallel: Option<&syntax::Literal>,
        block: &Block,
        span: Span,
        want: Want<'_>,
    ) -> Typed {
        if !self.allows_effect(span) {
            return Typed::unknown();
        }
        let list_typed = self.expr(list, Want::Any);
        let (item, low, most) = match list_typed.ty {
            Ty::List { element, low, high } => (*element, low, high),
            Ty::Unknown | Ty::Never => (Ty::Unknown, 0, 0),
            other => {
                match other {
                    Ty::Int { .. } => {
                        let problem =
                            Diagnostic::error(code::E0401, list.span, "`each` goes through a list, not a number")
                                .label("a number")
                                .help("a number of rounds is written `loop <= 3 { … }`");
                        self.checker.say(problem);
                    }
                    other => drop(self.not_a(&other, list.span, "a list")),
                }
                (Ty::Unknown, 0, 0)
            }
        };
        let parallel = match parallel {
            Some(cap) => self.checker.count(cap, 1..=MOST_PARALLEL).unwrap_or(1),
            None => 1,
        };
        let element = self.slot();
        let wanted = match want {
            Want::Like(Ty::List { element, .. }) => Want::Like(element),
            Want::Nothing => Want::Nothing,
            Want::Like(_) | Want::Any => Want::Any,
        };
        let in_loop = std::mem::replace(&mut self.in_loop, false);
        self.eaches += 1;
        let (mut body, ty) = self.body(|lower| {
            lower.bind(&binder.text, binder.span, Typed::new(Expr::Slot(element), item), LocalKind::Given);
            lower.block(block, wanted)
        });
        self.eaches -= 1;
        self.in_loop = in_loop;
        let leaves = needs::leaves_body(&body);
        let low = if leaves.skips { 0 } else { low };
        if matches!(want, Want::Nothing) {
            body.value = Expr::Literal(Literal::Null);
        }
        let ty = match (want, ty) {
            (Want::Nothing, _) => Ty::Null,
            // Nothing more is said about a list whose elements are not known.
            (_, Ty::Unknown) => Ty::Unknown,
            (_, ty) => Ty::List { element: Box::new(ty), low, high: most },
        };
        let list = list_typed.expr;
        self.node(span, NodeKind::Each { list, element, most, parallel, body }, ty)
    }

    /// `loop <= 2 { … }`
    pub(super) fn repeat(&mut self, cap: Option<&syntax::Literal>, block: &Block, span: Span) {
        let most = match cap {
            Some(cap) => self.checker.count(cap, 1..=MOST).unwrap_or(1),
            None => {
                let at = Span { end: span.start.saturating_add(4).min(span.end), ..span };
                let diagnostic = Diagnostic::error(code::E0702, at, "`loop` without a cap")
                    .label("how often at most is not said")
                    .help("write `loop <= 3`")
                    .fix("write the cap", at, "loop <= 3");
                self.checker.say(diagnostic);
                1
            }
        };
        let in_loop = std::mem::replace(&mut self.in_loop, true);
        let (mut body, _) = self.body(|lower| {
            lower.block(block, Want::Nothing);
            Typed::null(Ty::Null)
        });
        self.in_loop = in_loop;
        body.value = Expr::Literal(Literal::Null);
        self.node(span, NodeKind::Loop { most, body }, Ty::Null);
    }
}

//! Steps of the protocol that tests break on purpose. In: a step as it is, and as it would be wrong. Out: outside of tests always the
//! first.
//!
//! The [model](super::model) breaks the same steps of its own, so each of them is known to matter, and the walk beside it shows that the
//! tests would notice if the code were wrong in that way.

/// One step of the protocol, broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(test), expect(dead_code, reason = "what only the model breaks is named by tests alone"))]
pub(super) enum Mutant {
    /// Something is sent before its reservation is there.
    SentBeforeHeld,
    /// What is held does not count against a ceiling.
    HeldNotCounted,
    /// Only the first of the ceilings of an attempt is asked.
    FirstCeilingOnly,
    /// Where one ceiling refuses, the ones that were asked before keep their claim.
    PartlyClaimed,
    /// A row is settled whatever its state is.
    SettledAgain,
    /// A settlement leaves the claim of its reservation standing.
    ClaimKept,
    /// A settlement is counted in the window of its own moment.
    SettledInWindowOfNow,
    /// An attempt in doubt is charged at nothing.
    DoubtIsFree,
    /// What the dead held is released.
    DeadReleased,
    /// What the dead held is presumed without a word to the windows.
    DeadNotCounted,
    /// Who holds something is not asked whether they live.
    LivingSettled,
    /// A run is taken whether it rests or not.
    TakenTwice,
    /// Who lost the connection goes on without a look at whose the run is.
    TakenOverUnnoticed,
    /// A run that is resumed has its whole bound again.
    BoundForgotten,
    /// An answer is settled first and written down later.
    SettledBeforeWritten,
    /// A run that is resumed does not read what is written down.
    AnswerForgotten,
}

/// What a step gives; where it is broken, what it gives then.
#[cfg(not(test))]
#[inline]
pub(super) fn rule<T>(_: Mutant, right: T, _: impl FnOnce() -> T) -> T {
    right
}

/// What a step gives; where it is broken, what it gives then.
#[cfg(test)]
pub(super) fn rule<T>(mutant: Mutant, right: T, broken: impl FnOnce() -> T) -> T {
    if BROKEN.get() == Some(mutant) { broken() } else { right }
}

/// Something to be done in another thread, where the same step is broken as in this one.
#[cfg(not(test))]
#[inline]
pub(super) fn inherited<T>(body: impl FnOnce() -> T) -> impl FnOnce() -> T {
    body
}

/// Something to be done in another thread, where the same step is broken as in this one.
#[cfg(test)]
pub(super) fn inherited<T>(body: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let broken = BROKEN.get();
    move || with(broken, body)
}

#[cfg(test)]
thread_local! {
    static BROKEN: std::cell::Cell<Option<Mutant>> = const { std::cell::Cell::new(None) };
}

/// Does something while a step is broken in this thread.
#[cfg(test)]
pub(super) fn with<T>(mutant: Option<Mutant>, body: impl FnOnce() -> T) -> T {
    let before = BROKEN.replace(mutant);
    let done = body();
    BROKEN.set(before);
    done
}

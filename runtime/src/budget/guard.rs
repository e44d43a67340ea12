//! The guard of a run: whether the worst case of an attempt still fits. In: limits, reservations, settlements, the clock.
//! Out: a yes for all scopes and dimensions, or the first limit that is in the way.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flow_compiler::cost::{Dimension, Resources};
use flow_compiler::program::Limit;
use tokio::time::Instant;

/// Names a scope: 0 is the run, others are calls of flows that the caller holds to limits.
pub type ScopeId = u32;

/// What a run may still take, scope by scope.
#[derive(Debug)]
pub struct Guard {
    scopes: BTreeMap<ScopeId, Scope>,
}

#[derive(Debug)]
struct Scope {
    parent: Option<ScopeId>,
    limit: Resources,
    settled: Resources,
    held: Resources,
    busy: BusyClock,
}

/// The guard of a run, shared with what is under way: the loop reserves and settles, an attempt tells when it is sent.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Mutex<Guard>>);

impl Shared {
    /// A guard to share.
    #[must_use]
    pub fn new(guard: Guard) -> Shared {
        Shared(Arc::new(Mutex::new(guard)))
    }

    /// The guard. It is held for arithmetic only, never while something is waited for.
    pub fn lock(&self) -> MutexGuard<'_, Guard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something is under way from now on, until what this returns is dropped.
    #[must_use]
    pub fn under_way(&self, scope: ScopeId) -> UnderWay {
        self.lock().begin(scope, Instant::now());
        UnderWay { guard: self.clone(), scope }
    }
}

/// Something that is under way. Its end is its drop, so what is cancelled has ended too.
#[derive(Debug)]
pub struct UnderWay {
    guard: Shared,
    scope: ScopeId,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.guard.lock().end(self.scope, Instant::now());
    }
}

/// A limit that is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The scope that has it.
    pub scope: ScopeId,
    /// What is limited.
    pub dimension: Dimension,
    /// To how much.
    pub limit: u64,
    /// How much there would have been with the attempt that was refused.
    pub needed: u64,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (limit, needed) = (self.dimension.show(self.limit), self.dimension.show(self.needed));
        write!(f, "{} would reach {needed}, at most {limit} is allowed", self.dimension.name())
    }
}

impl Guard {
    /// The guard of a run.
    #[must_use]
    pub fn new(limit: Resources) -> Guard {
        Guard { scopes: BTreeMap::from([(0, Scope::new(None, limit))]) }
    }

    /// Opens a scope below another one.
    pub fn open(&mut self, scope: ScopeId, parent: ScopeId, limits: &[Limit]) {
        let most = Resources {
            cost: flow_compiler::cost::Money::MAX,
            calls: u64::MAX,
            turns: u64::MAX,
            tools: u64::MAX,
            input: u64::MAX,
            output: u64::MAX,
            tokens: u64::MAX,
            time_ms: u64::MAX,
        };
        self.scopes.insert(scope, Scope::new(Some(parent), lowered(most, limits)));
    }

    /// Reserves `amount` in a scope and all around it, or nowhere. Time is not reserved: see [`Guard::time_left`].
    ///
    /// # Errors
    /// The first limit that is in the way.
    pub fn reserve(&mut self, scope: ScopeId, amount: &Resources) -> Result<(), Refusal> {
        // INVARIANT I-2: every scope is asked before any of them is changed.
        let chain = self.chain(scope);
        for (id, scope) in chain.iter().filter_map(|id| Some((*id, self.scopes.get(id)?))) {
            for dimension in Dimension::ALL.into_iter().filter(|dimension| *dimension != Dimension::Time) {
                let parts = [scope.settled.get(dimension), scope.held.get(dimension), amount.get(dimension)];
                let needed = parts.into_iter().try_fold(0u64, u64::checked_add);
                let limit = scope.limit.get(dimension);
                // INVARIANT I-26: what cannot be added up is refused.
                if needed.is_none_or(|needed| needed > limit) && amount.get(dimension) > 0 {
                    return Err(Refusal { scope: id, dimension, limit, needed: needed.unwrap_or(u64::MAX) });
                }
            }
        }
        for id in chain {
            if let Some(scope) = self.scopes.get_mut(&id) {
                scope.held = sum(&scope.held, amount);
            }
        }
        Ok(())
    }

    /// Turns a reservation into what was spent, in a scope and all around it.
    pub fn settle(&mut self, scope: ScopeId, reserved: &Resources, spent: &Resources) {
        for id in self.chain(scope) {
            if let Some(scope) = self.scopes.get_mut(&id) {
                scope.held = difference(&scope.held, reserved);
                scope.settled = sum(&scope.settled, spent);
            }
        }
    }

    /// Takes over what an attempt took in another process.
    pub fn restore(&mut self, scope: ScopeId, spent: &Resources) {
        self.settle(scope, &Resources::ZERO, spent);
    }

    /// Takes over the time that was taken in another process: `spans` of scopes, in milliseconds since whenever. Time in which
    /// several things were under way counts once, in a scope and all around it.
    pub fn restore_time(&mut self, spans: &[(ScopeId, u64, u64)]) {
        let mut by_scope: BTreeMap<ScopeId, Vec<(u64, u64)>> = BTreeMap::new();
        for (scope, from, to) in spans.iter().filter(|(_, from, to)| from < to) {
            for id in self.chain(*scope) {
                by_scope.entry(id).or_default().push((*from, *to));
            }
        }
        for (id, spans) in by_scope {
            if let Some(scope) = self.scopes.get_mut(&id) {
                scope.busy.total = scope.busy.total.saturating_add(Duration::from_millis(covered(spans)));
            }
        }
    }

    /// Something is under way from now on.
    fn begin(&mut self, scope: ScopeId, now: Instant) {
        for id in self.chain(scope) {
            if let Some(scope) = self.scopes.get_mut(&id) {
                scope.busy.begin(now);
            }
        }
    }

    /// Something that was under way has ended.
    fn end(&mut self, scope: ScopeId, now: Instant) {
        for id in self.chain(scope) {
            if let Some(scope) = self.scopes.get_mut(&id) {
                scope.busy.end(now);
            }
        }
    }

    /// How long something that starts now may take: the least that is left in a scope and all around it.
    ///
    /// # Errors
    /// The limit that has nothing left.
    pub fn time_left(&self, scope: ScopeId, now: Instant) -> Result<Duration, Refusal> {
        let mut left = Duration::MAX;
        for (id, scope) in self.chain(scope).into_iter().filter_map(|id| Some((id, self.scopes.get(&id)?))) {
            let limit = Duration::from_millis(scope.limit.time_ms);
            let busy = scope.busy.total(now);
            if busy >= limit {
                let needed = scope.limit.time_ms.saturating_add(1);
                return Err(Refusal { scope: id, dimension: Dimension::Time, limit: scope.limit.time_ms, needed });
            }
            left = left.min(limit - busy);
        }
        Ok(left)
    }

    /// What the run has settled, its busy time included: cut off at its limit, since nothing is under way after it.
    #[must_use]
    pub fn settled(&self, now: Instant) -> Resources {
        let Some(run) = self.scopes.get(&0) else { return Resources::ZERO };
        let busy = u64::try_from(run.busy.total(now).as_millis()).unwrap_or(u64::MAX);
        Resources { time_ms: busy.min(run.limit.time_ms), ..run.settled }
    }

    /// What the run has settled and holds.
    #[must_use]
    pub fn committed(&self, now: Instant) -> Resources {
        let held = self.scopes.get(&0).map_or(Resources::ZERO, |run| run.held);
        Resources { time_ms: self.settled(now).time_ms, ..sum(&self.settled(now), &held) }
    }

    fn chain(&self, scope: ScopeId) -> Vec<ScopeId> {
        let mut chain = vec![scope];
        while let Some(parent) = chain.last().and_then(|last| self.scopes.get(last)?.parent) {
            chain.push(parent);
        }
        chain
    }
}

impl Scope {
    fn new(parent: Option<ScopeId>, limit: Resources) -> Scope {
        Scope { parent, limit, settled: Resources::ZERO, held: Resources::ZERO, busy: BusyClock::default() }
    }
}

/// `limit`, lowered where limits say so.
#[must_use]
pub fn lowered(limit: Resources, limits: &[Limit]) -> Resources {
    limits.iter().fold(limit, |mut lowered, limit| {
        let at = match limit.dimension {
            Dimension::Cost => {
                lowered.cost = lowered.cost.min(flow_compiler::cost::Money::from_nanos(limit.amount));
                return lowered;
            }
            Dimension::Calls => &mut lowered.calls,
            Dimension::Turns => &mut lowered.turns,
            Dimension::Tools => &mut lowered.tools,
            Dimension::Input => &mut lowered.input,
            Dimension::Output => &mut lowered.output,
            Dimension::Tokens => &mut lowered.tokens,
            Dimension::Time => &mut lowered.time_ms,
        };
        *at = (*at).min(limit.amount);
        lowered
    })
}

/// Sums without time; what does not fit stays at the most, which every limit is below.
fn sum(a: &Resources, b: &Resources) -> Resources {
    Resources {
        cost: a.cost.checked_add(b.cost).unwrap_or(flow_compiler::cost::Money::MAX),
        calls: a.calls.saturating_add(b.calls),
        turns: a.turns.saturating_add(b.turns),
        tools: a.tools.saturating_add(b.tools),
        input: a.input.saturating_add(b.input),
        output: a.output.saturating_add(b.output),
        tokens: a.tokens.saturating_add(b.tokens),
        time_ms: 0,
    }
}

fn difference(a: &Resources, b: &Resources) -> Resources {
    Resources {
        cost: a.cost.saturating_sub(b.cost),
        calls: a.calls.saturating_sub(b.calls),
        turns: a.turns.saturating_sub(b.turns),
        tools: a.tools.saturating_sub(b.tools),
        input: a.input.saturating_sub(b.input),
        output: a.output.saturating_sub(b.output),
        tokens: a.tokens.saturating_sub(b.tokens),
        time_ms: 0,
    }
}

/// How much is covered by spans that may overlap.
fn covered(mut spans: Vec<(u64, u64)>) -> u64 {
    spans.sort_unstable();
    let (mut sum, mut end) = (0u64, 0u64);
    for (from, to) in spans {
        sum = sum.saturating_add(to.saturating_sub(from.max(end)));
        end = end.max(to);
    }
    sum
}

/// The time during which at least one thing was under way.
#[derive(Debug, Default)]
struct BusyClock {
    under_way: u64,
    since: Option<Instant>,
    total: Duration,
}

impl BusyClock {
    fn begin(&mut self, now: Instant) {
        self.under_way += 1;
        self.since.get_or_insert(now);
    }

    fn end(&mut self, now: Instant) {
        self.under_way = self.under_way.saturating_sub(1);
        if self.under_way == 0
            && let Some(since) = self.since.take()
        {
            self.total = self.total.saturating_add(now.saturating_duration_since(since));
        }
    }

    fn total(&self, now: Instant) -> Duration {
        let open = self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        self.total.saturating_add(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_compiler::cost::Money;
    use flow_compiler::program::Place;

    fn resources(nanos: u64, calls: u64) -> Resources {
        Resources { cost: Money::from_nanos(nanos), calls, ..Resources::ZERO }
    }

    fn guard(nanos: u64, calls: u64) -> Guard {
        Guard::new(Resources { time_ms: 1_000, ..resources(nanos, calls) })
    }

    #[test]
    fn a_limit_is_reached_exactly() {
        let mut guard = guard(10, 3);
        assert_eq!(guard.reserve(0, &resources(10, 1)), Ok(()));
        let refusal = Refusal { scope: 0, dimension: Dimension::Cost, limit: 10, needed: 11 };
        assert_eq!(guard.reserve(0, &resources(1, 1)), Err(refusal));
        guard.settle(0, &resources(10, 1), &resources(4, 1));
        assert_eq!(guard.reserve(0, &resources(6, 1)), Ok(()));
        assert_eq!(guard.reserve(0, &resources(0, 1)), Ok(()));
        let refusal = Refusal { scope: 0, dimension: Dimension::Calls, limit: 3, needed: 4 };
        assert_eq!(guard.reserve(0, &resources(0, 1)), Err(refusal));
    }

    #[test]
    fn a_refusal_leaves_nothing_held_anywhere() {
        let mut guard = guard(10, 3);
        let limit = Limit { dimension: Dimension::Calls, amount: 9, place: Place::default() };
        guard.open(1, 0, &[limit]);
        assert!(guard.reserve(1, &resources(0, 4)).is_err(), "the run has three calls");
        assert_eq!(guard.reserve(1, &resources(10, 3)), Ok(()));
    }

    #[test]
    fn siblings_cannot_overdraw_together() {
        let mut guard = guard(10, 3);
        let limit = Limit { dimension: Dimension::Cost, amount: 8, place: Place::default() };
        guard.open(1, 0, std::slice::from_ref(&limit));
        guard.open(2, 0, &[limit]);
        assert_eq!(guard.reserve(1, &resources(8, 1)), Ok(()));
        assert!(guard.reserve(2, &resources(8, 1)).is_err());
        assert_eq!(guard.reserve(2, &resources(2, 1)), Ok(()));
    }

    #[test]
    fn what_cannot_be_added_up_is_refused() {
        let mut guard = guard(u64::MAX, 3);
        assert_eq!(guard.reserve(0, &resources(u64::MAX, 1)), Ok(()));
        assert!(guard.reserve(0, &resources(u64::MAX, 1)).is_err());
    }

    #[test]
    fn time_of_another_process_counts_once_where_it_overlaps() {
        let mut guard = guard(0, 0);
        guard.open(1, 0, &[]);
        guard.restore_time(&[(0, 100, 300), (1, 200, 400), (1, 250, 260), (0, 900, 900), (0, 700, 600), (0, 500, 600)]);
        let now = Instant::now();
        assert_eq!(guard.settled(now).time_ms, 400);
        assert_eq!(guard.time_left(1, now), Ok(Duration::from_millis(600)));
        guard.begin(0, now);
        guard.end(0, now + Duration::from_millis(50));
        assert_eq!(guard.settled(now).time_ms, 450);
    }

    #[test]
    fn time_counts_while_something_is_under_way() {
        let mut guard = guard(0, 0);
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        guard.begin(0, at(0));
        guard.begin(0, at(100));
        guard.end(0, at(300));
        guard.end(0, at(400));
        assert_eq!(guard.settled(at(900)).time_ms, 400);
        assert_eq!(guard.time_left(0, at(900)), Ok(Duration::from_millis(600)));
        guard.begin(0, at(1_000));
        assert!(guard.time_left(0, at(1_600)).is_err());
        assert_eq!(guard.settled(at(5_000)).time_ms, 1_000);
    }
}

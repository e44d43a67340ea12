//! Caches, classes, indexes, servers, ceilings, promises, questions to people and what routes look at: a flow that keeps each
//! rule and one that breaks it.

use crate::catalogue::{Catalogue, ProjectFile};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::tests::check;
use crate::program::{Class, Expr, Ladder, Measured, NodeKind, Program, Signal, ToolSource};
use crate::source::{SourceId, Sources};
use crate::testing::{Memory, program};
use crate::{check, resolve};

const PROJECT: &str = "[mcp.help-centre]\ncommand = \"help\"\nargs = [\"--stdio\"]\n";

const PRELUDE: &str = r#"
tier small    = local("smollm2-135m-instruct")
tier mid      = openai("gpt-5.4-mini")
tier reader   = local("all-minilm-l6-v2")
enum Topic { Billing, Bug, Legal }
type Passage { title: Text<=16tok, text: Text<=100tok }
type Ticket { subject: Text<=32tok, body: Text<=200tok }
"#;

/// What is said about a flow behind the prelude, in a project with a server; places are those in the flow.
fn said(flow: &str) -> Vec<Diagnostic> {
    let project = ProjectFile::read(SourceId(9), PROJECT);
    assert!(project.diagnostics.is_empty(), "{:?}", project.diagnostics);
    let catalogue = Catalogue::standard().clone().with(&project.value);
    let mut sources = Sources::default();
    let world = Memory::of(&format!("{flow}{PRELUDE}"));
    resolve::resolve(&world, "main.flow", &mut sources)
        .and_then(|resolved| check::check(&resolved, &catalogue, &sources))
        .diagnostics
}

/// The program of a flow without mistakes behind the prelude.
fn made(flow: &str) -> Program {
    program(&format!("{flow}{PRELUDE}"))
}

#[test]
fn clauses_of_steps() {
    check(
        r#"
step fine(t: Ticket) -> Text<=40tok {
  on    small
  cache for 7d like 0.95 by reader
  class background, window <= 200ms
  "{t.body}"
}

step wrong(t: Ticket) -> Text<=40tok {
  on    small
  cache for 40d like 1.5 by mid
          //^^^ error[E0504]: `40d` is out of range
                   //^^^ error[E0504]: `1.5` is out of range
                          //^^^ error[E0604]: `mid` is a tier of models that write text
  class background, window <= 3
                            //^ error[E0503]: `3` is not a time
  "{t.body}"
}

step bare(t: Ticket) -> Text<=40tok {
  on    small
  cache for 3tok like 0.9
          //^^^^ error[E0503]: `3tok` is not a time
               //^^^^^^^^ error[E0602]: what compares requests is not said
  "{t.body}"
}
"#,
        said,
    );
}

#[test]
fn indexes_and_their_tools() {
    check(
        r#"
index help = files("./help/**/*.md", chunk <= 200tok, overlap 20tok) by reader
index away = files("../help/*.md", chunk <= 200tok) by reader
                 //^^^^^^^^^^^^^^ error[E0620]: `"../help/*.md"` is not in the project
index root = files("/etc/*", chunk <= 20tok, overlap 20tok) by small
                 //^^^^^^^^ error[E0620]: `"/etc/*"` is not in the project
                                                   //^^^^^ error[E0504]: `20tok` is out of range
                                                             //^^^^^ error[E0604]: `small` is a tier of models that write text
index bare = files("x.md")
    //^^^^ error[E0602]: index `bare` has no `chunk`
    //^^^^ error[E0602]: index `bare` has no `by`
index urls = pages("x.md", chunk <= 9_000tok) by reader
           //^^^^^ error[E0606]: `pages` is no source of an index
                                  //^^^^^^^^ error[E0504]: `9_000tok` is out of range

tool search(query: Text<=32tok) -> Passage[<=4] {
  from   index(help)
  effect read
  price  $0.00
  time   <= 2s
  cache  for 1h
}

tool several(query: Text<=32tok, most: Int in 1..4) -> Passage {
  from   index(help)
       //^^^^^ error[E0621]: an index is asked with one text
       //^^^^^ error[E0621]: an index gives a list of records with a text, not `Passage`
  effect read
  price  $0.00
  time   <= 2s
}

tool other(query: Text<=32tok) -> Passage[<=4] {
  from   index(small).search
             //^^^^^ error[E0409]: `small` is a tier, not an index
                    //^^^^^^ error[E0606]: `index` has no tools of its own
  effect read
  price  $0.00
  time   <= 2s
}
"#,
        said,
    );
}

#[test]
fn tools_of_servers() {
    check(
        r#"
tool search(query: Text<=32tok) -> Passage[<=4] {
  from   mcp("help-centre").search
  effect read
  price  $0.00
  time   <= 2s
}

tool far(query: Text<=32tok) -> Passage[<=4] {
  from   mcp("help-center").search
           //^^^^^^^^^^^^^ error[E0623]: unknown server `help-center`
  effect read
  price  $0.00
  time   <= 2s
}

tool whole(query: Text<=32tok) -> Passage[<=4] {
  from   mcp("help-centre")
           //^^^^^^^^^^^^^ error[E0602]: which tool of the server is not said
  effect read
  price  $0.00
  time   <= 2s
}

tool none(query: Text<=32tok) -> Passage[<=4] {
  from   mcp(3).search
           //^ error[E0606]: the name of a server is a text in quotes
  effect read
  price  $0.00
  time   <= 2s
}
"#,
        said,
    );
}

#[test]
fn keys_and_kept_results_of_tools() {
    check(
        r#"
tool refund(order: Id, customer: Id) -> Text<=20tok {
  from   exec("./refund")
  effect money, once per order, customer
  price  $0.00
  time   <= 2s
  gate   not seen(order) else deny
}

tool twice(order: Id) -> Text<=20tok {
  from   exec("./refund")
  effect money, once per order, order, custmer
                              //^^^^^ error[E0622]: `order` is named twice
                                     //^^^^^^^ error[E0607]: `custmer` is no parameter of this tool
  price  $0.00
  time   <= 2s
  cache  for 1h
//^^^^^^^^^^^^^ error[E0627]: `twice` acts on the world, and a result that is given again does not
  gate   not seen(order) else deny
}

step settle(order: Id) -> Text<=40tok {
  on    small
  tools refund <= 1
  turns <= 2
  cache for 1d
//^^^^^^^^^^^^ warning[W0629]: `refund` acts on the world, and an answer that is given again calls no tool
  "{order}"
}
"#,
        said,
    );
}

#[test]
fn ceilings_over_many_runs() {
    check(
        r#"
ceiling support { cost <= $500 per 1d, cost <= $2 per 1h by caller.tenant, over => on small | escalate("ceiling") }
ceiling workspace { cost <= $5 per 1d }
      //^^^^^^^^^ error[E0622]: `workspace` is the ceiling over everything that a ledger pays
ceiling empty { }
      //^^^^^ error[E0602]: ceiling `empty` limits nothing
ceiling odd {
  cost <= $5 per 1d
  cost <= $6 per 1d
//^^^^^^^^^^^^^^^^^ error[E0622]: `cost` is limited twice over the same time
  time <= 5s per 1d
//^^^^ error[E0707]: a ceiling over many runs does not limit their time
  speed <= 5 per 1d
//^^^^^ error[E0707]: `speed` is no dimension of a budget
  calls <= $5 per 1d
         //^^ error[E0503]: `$5` is not a plain number
  calls <= 5 per 3tok
               //^^^^ error[E0503]: `3tok` is not a time
  cost <= $5 per 1d in "Europe/Berlin"
  cost <= $6 per 1d in "europe/berlin"
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error[E0622]: `cost` is limited twice over the same time
  cost <= $6 per 7d in "Europe/Berlni" by caller.tenant
                     //^^^^^^^^^^^^^^^ error[E0630]: `Europe/Berlni` is no time zone
  cost <= $6 per 1h in "Europe/Berlin"
               //^^ error[E0630]: `1h` is not of whole days
  cost <= $6 per 2d in 3
                     //^ error[E0606]: a time zone is a text in quotes
  tools <= 5 per 1h by tenant
                     //^^^^^^ error[E0625]: a ceiling is parted by a fact about the caller, not by `tenant`
  soft 120%
     //^^^^ error[E0504]: `120%` is out of range
  over => on reader | escalate(3)
           //^^^^^^ error[E0604]: `reader` is a tier of embedding models
                             //^ error[E0606]: a reason is a text in quotes
}

flow fine(t: Ticket) -> Text<=200tok {
  budget calls <= 0
  under  support
  return t.body
}

flow wrong(t: Ticket) -> Text<=200tok {
  budget calls <= 0
  under  support, support, small, suport
                //^^^^^^^ error[E0622]: `support` is named twice
                         //^^^^^ error[E0409]: `small` is a tier, not a ceiling
                                //^^^^^^ error[E0301]: unknown name `suport`
  return t.body
}
"#,
        said,
    );
}

#[test]
fn promises_of_flows() {
    check(
        r#"
flow fine(t: Ticket) -> Text<=200tok {
  budget  calls <= 0
  slo     p50(time) <= 8s, p99(cost) <= $0.02, mean(tokens) <= 400tok, success >= 90%, cost_per_success <= $0.02
  outcome resolved within 7d
  return t.body
}

flow wrong(t: Ticket) -> Text<=200tok {
  budget  calls <= 0
  slo     p95(speed) <= 8s, p96(time) <= 8s, p95 <= 8s, success(time) >= 90%, success <= 90%, p50(time) >= 8s,
            //^^^^^ error[E0707]: `speed` is no dimension of a budget
                          //^^^ error[E0624]: `p96` cannot be measured
                                           //^^^ error[E0624]: `p95` of what is not said
                                                              //^^^^ error[E0624]: `success` is of the whole run
                                                                            //^^^^^^^^^^^^^^ error[E0624]: `success` is promised with `>=`
                                                                                            //^^^^^^^^^^^^^^^ error[E0624]: `p50` is promised with `<=`
          p99(cost) <= 8s, success >= 190%, cost_per_success <= 9, mean(time) <= 1s, mean(time) <= 2s
                     //^^ error[E0503]: `8s` is not an amount of money
                                    //^^^^ error[E0504]: `190%` is out of range
                                                              //^ error[E0503]: `9` is not an amount of money
                                                                                   //^^^^^^^^^^^^^^^^ error[E0622]: `mean(time) <= 2s` is promised twice
  outcome resolved within 700d
                        //^^^^ error[E0504]: `700d` is out of range
  return t.body
}
"#,
        said,
    );
}

#[test]
fn questions_to_people() {
    check(
        r#"
flow fine(t: Ticket) -> Text<=200tok {
  budget calls <= 0
  let urgent = ask person("support-lead", within 4h) -> Bool "Is it urgent? {t.body}"
  let said = ask person("writer", within 1d) -> Text<=40tok "Say it." else "nothing"
  return if urgent { said } else { t.body }
}

flow wrong(t: Ticket) -> Text<=200tok {
  budget calls <= 0
  let a = ask person("lead", within 4tok) -> Bool "Is it urgent?"
                                  //^^^^ error[E0503]: `4tok` is not a time
  let b = ask person("", within 4h) -> Text "{t.bdy} {format}"
                   //^^ error[E0606]: a role is a text in quotes
                                     //^^^^ error[E0501]: `Text` has no size
                                              //^^^ error[E0402]: `Ticket` has no field `bdy`
                                                   //^^^^^^^^ error[E0608]: `{format}` in a question to a person
  let c = ask person("lead", within 4h) -> Bool
        //^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error[E0602]: nothing is asked
  return if a and c { b } else { t.body }
}

step judged(t: Ticket) -> Text<=40tok {
  on     small
  accept ask person("lead", within 4h) -> Bool "Is it good?"
       //^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error[E0708]: only flows ask people
  "{t.body}"
}
"#,
        said,
    );
}

#[test]
fn what_routes_look_at() {
    check(
        r#"
ceiling support { cost <= $500 per 1d }

step risk(text: Text<=200tok) -> Bool {
  on small
  "Is this risky? {text}"
}

step words(text: Text<=200tok) -> Text<=8tok {
  on small
  "Say it in words: {text}"
}

route fine(text: Text<=200tok) {
  failing(small) > 10%                                            => mid
  latency(small) > 2s and 250ms <= latency(reader)                => mid
  caller.tier == "gold" or caller.tenant not in ["a", "b"]        => mid
  spent(support) >= 80% or left(support) < 0.05                   => small
  risk(text) or classify(text, into: Topic) by reader is Legal    => mid
  _                                                               => small
}

route wrong(text: Text<=200tok) {
  failing(support) > 10%  => mid
        //^^^^^^^ error[E0409]: `support` is a ceiling, not a tier
  failing(small) > 3      => mid
//^^^^^^^^^^^^^^^^^^ error[E0410]: `>` does not go with `Score` and `Int in 3..3`
  latency(small) > 3      => mid
                 //^ error[E0410]: `latency` is compared with a time, not with `3`
  latency() > 3s          => mid
//^^^^^^^^^ error[E0404]: `latency` takes the name of a tier
  spent(small) > 3%       => mid
      //^^^^^ error[E0409]: `small` is a tier, not a ceiling
  words(text) == "law"    => mid
//^^^^^^^^^^^ error[E0628]: a `Text<=8tok` decides nothing
  caller.tier > 3         => mid
//^^^^^^^^^^^^^^^ error[E0410]: `>` does not go with `Text<=256tok?` and `Int in 3..3`
  danger(text)            => mid
//^^^^^^ error[E0301]: unknown name `danger`
  _                       => small
}

step asked(text: Text<=200tok) -> Text<=40tok {
  on     fine(text)
  accept caller.tier == "gold" and failing(small) < 10%
       //^^^^^^ error[E0626]: `caller` is known where a model is chosen
                                 //^^^^^^^ error[E0626]: `failing` is known where a model is chosen
  "{text}"
}

step matched(text: Text<=200tok) -> Text<=40tok {
  on match risk(text) { true => mid, false => small }
  "{text}"
}
"#,
        said,
    );
}

#[test]
fn a_route_may_not_ask_a_step_that_asks_it() {
    check(
        r#"
route by_risk(text: Text<=200tok) {
  risk(text) => mid
  _ => small
}

step risk(text: Text<=200tok) -> Bool {
  on by_risk(text)
   //^^^^^^^ error[E0701]: `by_risk` calls itself
  "Is this risky? {text}"
}
"#,
        said,
    );
}

#[test]
fn a_classifier_is_asked_once_for_equal_arguments() {
    let made = made(
        r#"
step risk(text: Text<=200tok) -> Bool {
  on small
  "Is this risky? {text}"
}
route by_risk(text: Text<=200tok, other: Text<=200tok) {
  risk(text) and risk(other) => mid
  not risk(text) => mid
  _ => small
}
step reply(t: Ticket, again: Text<=200tok) -> Text<=40tok {
  on by_risk(t.body, again)
  "{t.body}"
}
step same(t: Ticket) -> Text<=40tok {
  on by_risk(t.body, t.body)
  "{t.body}"
}
"#,
    );
    let asked: Vec<usize> =
        made.steps.iter().map(|step| step.asks.as_ref().map_or(0, |asks| asks.into.len())).collect();
    assert_eq!(asked, [0, 2, 1]);
    let asks = made.steps[1].asks.as_ref().expect("it asks");
    assert!(asks.body.nodes.iter().all(|node| matches!(node.kind, NodeKind::Step(..))));
    assert_eq!(asks.body.value, Expr::List(asks.into.iter().map(|slot| Expr::Slot(*slot)).collect()));
}

#[test]
fn clauses_reach_the_program() {
    let made = made(
        r#"
index help = files("./help/**/*.md", chunk <= 200tok, overlap 20tok) by reader
ceiling support { cost <= $2 per 1h by caller.tenant, soft 80%, over => on small | escalate("ceiling", to: "finance") }
tool search(query: Text<=32tok, other: Id) -> Text<=40tok {
  from   exec("x")
  effect read, once per query, other
  price  $0.00
  time   <= 2s
  cache  for 1h
}
tool look(query: Text<=32tok) -> Passage[<=4] {
  from   index(help)
  effect read
  price  $0.00
  time   <= 2s
}
route by_tier() {
  failing(mid) > 10% => small
  _ => mid
}
step solve(t: Ticket) -> Text<=40tok {
  on    by_tier()
  cache for 7d like 0.95 by reader
  class background, window <= 200ms
  "{t.body}"
}
step spare(t: Ticket) -> Text<=40tok {
  on mid
  "{t.body}"
}
flow desk(t: Ticket) -> Text<=40tok {
  budget  cost <= $1
  under   support
  slo     p95(time) <= 8s, success >= 90%
  outcome resolved within 7d
  return solve(t)
}
"#,
    );
    let [solve, spare] = made.steps.as_slice() else { panic!("two steps") };
    let cache = solve.cache.as_ref().expect("it is cached");
    assert_eq!((cache.for_ms, cache.like.as_ref().map(|like| like.score)), (7 * 86_400_000, Some(95)));
    assert_eq!(solve.class, Class::Background { window_ms: 200 });
    assert_eq!((solve.over.len(), spare.over.len()), (1, 0), "only what a flow under the ceiling reaches");
    let Ladder::Choose(arms) = &solve.ladder else { panic!("a choice") };
    assert!(matches!(&arms[0].0, Some(Expr::Binary(_, left, _)) if matches!(**left, Expr::Signal(Signal::Failing(_)))));
    let [search, look] = made.tools.as_slice() else { panic!("two tools") };
    assert_eq!((search.once_per.as_slice(), search.cache_ms), (&[0, 1][..], Some(3_600_000)));
    assert!(matches!(look.source, ToolSource::Index { .. }));
    let index = &made.indexes[0];
    assert_eq!((index.glob.as_str(), index.chunk, index.overlap), ("./help/**/*.md", 200, 20));
    let ceiling = &made.ceilings[0];
    assert_eq!((ceiling.soft, ceiling.on.len()), (Some(80), 1));
    assert_eq!(ceiling.escalate, Some(("ceiling".to_owned(), Some("finance".to_owned()))));
    assert_eq!(ceiling.limits[0].by.as_deref(), Some("tenant"));
    let desk = &made.flows[0];
    assert_eq!(desk.under.len(), 1);
    assert_eq!(desk.slo.iter().map(|promise| promise.amount).collect::<Vec<_>>(), [8_000, 90]);
    assert_eq!(desk.slo[1].measure, Measured::Success);
    assert_eq!(desk.outcome.as_ref().map(|outcome| outcome.within_ms), Some(7 * 86_400_000));
}

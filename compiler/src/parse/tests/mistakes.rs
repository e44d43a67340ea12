//! Every mistake gives one message, at its place, in the user's words.
//!
//! `FLOW_BLESS=1 cargo test -p flow-compiler mistakes -- --test-threads 1` writes what is said; then read the difference.

use crate::diagnostic::tests as expect;
use crate::parse::parse;
use crate::source::SourceId;

#[track_caller]
fn check(flow: &str) {
    expect::check(flow, |text| parse(SourceId(0), text).diagnostics);
}

#[test]
fn ten_mistakes_in_a_file_give_ten_messages() {
    check(
        r#"
use kb search
     //^^^^^^ error[E0101]: expected `{` and the names to import, found `search`
type Ticket { subject Text<=32tok, body: Text<=1200tok }
            //^^^^^^^ error[E0104]: `subject` has no type
enum Topic { Billing, Bug = 3 }
                        //^ error[E0107]: a variant has no value
tier small = local("smollm2" | openai("gpt-5-mini")
                //^ error[E0102]: `(` of `local` is not closed
step solve(q: Ticket): Text<=60tok {
                   //^ error[E0105]: the result stands behind `->`, not `:`
  on small
  retry = 1
      //^ error[E0103]: a bound is written with `<=`, not `=`
  """
  Answer {q.body
       //^ error[E0120]: a hole is not closed
  """
}
tool search(query: Text<=32tok) -> Text<=60tok {
  from http("POST" "https://x")
                 //^^^^^^^^^^^ error[E0101]: expected `,` or `)`, found a text
  gate len(query) > 0
                   //^ error[E0104]: expected `else` and what happens when the gate is closed, found the end of the line
}
flow desk(t: Ticket) -> Text<=60tok {
  budgt cost <= $0.20
//^^^^^ error[E0116]: unknown word `budgt`
  let a = solve(t) let b = 3
                 //^^^ error[E0111]: expected a new line, found `let`
  loop 2 { break }
     //^ error[E0103]: a bound is written with `<=`
  return a and
            //^ error[E0101]: expected an expression, found the end of the line
}
def main():
//<^^^ error[E0106]: `def` is a word of other languages
  pass
"#,
    );
}

#[test]
fn a_bound_is_written_with_less_or_equal() {
    check(
        r#"
step s(x: Text=64tok, y: Text<64tok, z: Text: 4kb, w: Text(64tok)) -> Int[8] {
            //^ error[E0103]: a bound is written with `<=`, not `=`
                           //^ error[E0103]: a bound is written with `<=`, not `<`
                                          //^ error[E0103]: a bound is written with `<=`, not `:`
                                                        //^ error[E0103]: a size is written with `<=`
                                                                        //^ error[E0103]: a bound is written with `<=`
  on small
  retry = 1
      //^ error[E0103]: a bound is written with `<=`, not `=`
  repair < 1
       //^ error[E0103]: a bound is written with `<=`, not `<`
  turns: 4, keep last 2
     //^ error[E0103]: a bound is written with `<=`, not `:`
  output 350tok
       //^^^^^^ error[E0103]: a bound is written with `<=`
  time == 3s
     //^^ error[E0103]: a bound is written with `<=`, not `==`
  tools search = 2, refund 1
             //^ error[E0103]: a bound is written with `<=`, not `=`
                         //^ error[E0103]: a bound is written with `<=`
  "hi"
}
flow f() -> Bool {
  budget cost = $0.20, calls 32
            //^ error[E0103]: a bound is written with `<=`, not `=`
                           //^^ error[E0103]: a bound is written with `<=`
  loop 3 { break }
     //^ error[E0103]: a bound is written with `<=`
  loop = 3 { break }
     //^ error[E0103]: a bound is written with `<=`, not `=`
  each x in xs, parallel = 3 { x }
                       //^ error[E0103]: a bound is written with `<=`, not `=`
}
"#,
    );
}

#[test]
fn a_cap_is_a_literal_or_a_constant() {
    check(
        r#"
step s() -> Bool {
  retry <= n.size
         //^ error[E0101]: expected a number such as `1`, found `n`
  turns <= Max, keep last 2
         //^^^ error[E0101]: expected a number such as `4`, found `Max`
}
flow f() -> Bool {
  budget cost <= limit(x), calls <= 3
               //^^^^^ error[E0101]: expected a limit such as `$0.20`, found `limit`
  loop <= len(n) { break }
        //^^^ error[E0101]: expected a number such as `2`, found `len`
  loop <= { break }
        //^ error[E0101]: expected a number such as `2`, found `{`
  true
}
"#,
    );
}

#[test]
fn a_missing_brace_is_shown_where_it_was_opened() {
    check(
        r#"
step a(x: Text<=3tok) -> Text<=3tok {
                                  //^ error[E0102]: `{` of step `a` is not closed
  on small
  "hi"

step b(x: Text<=3tok) -> Text<=3tok {
  on small
  "hi"
}

flow f() -> Bool {
  if true {
        //^ error[E0102]: `{` of `if` is not closed
    let x = 1

flow g() -> Bool {
  true
}
"#,
    );
}

#[test]
fn a_missing_bracket_does_not_take_the_next_line() {
    check(
        r#"
flow f(x: Text<=3tok -> Bool {
    //^ error[E0102]: `(` of the parameters of flow `f` is not closed
  let a = g(x, 1
         //^ error[E0102]: `(` of the call of `g` is not closed
  let b = [1, 2
        //^ error[E0102]: `[` of the list is not closed
  let c = (a + b
        //^ error[E0102]: `(` of the expression is not closed
  let d = t.list[3
              //^ error[E0102]: `[` of the index is not closed
  return h(a, [b, (c
                //^ error[E0102]: `(` of the expression is not closed
}
"#,
    );
}

#[test]
fn a_closing_bracket_too_many() {
    check(
        r#"
flow f() -> Bool {
  let a = g(1))
            //^ error[E0102]: `)` closes nothing
  let b = 2]
         //^ error[E0102]: `]` closes nothing
  true
}
}
//<^ error[E0102]: `}` closes nothing
flow g() -> Bool { true }
"#,
    );
}

#[test]
fn words_of_other_languages() {
    check(
        r#"
import kb
//<^^^^^^ error[E0106]: `import` is a word of other languages
def f(x):
//<^^^ error[E0106]: `def` is a word of other languages
  return x
struct Ticket { subject: Text<=3tok }
//<^^^^^^ error[E0106]: `struct` is a word of other languages
class Agent { }
//<^^^^^ error[E0106]: `class` is a word of other languages
static X = 3
//<^^^^^^ error[E0106]: `static` is a word of other languages
flow f() -> Bool {
  for x in xs { g(x) }
//^^^ error[E0106]: `for` is a word of other languages
  while true { g(1) }
//^^^^^ error[E0106]: `while` is a word of other languages
  const a = 1
//^^^^^ error[E0106]: `const` is written `let`
  try { g(1) }
//^^^ error[E0106]: `try` is a word of other languages
  let b = await g(1)
        //^^^^^ error[E0106]: `await` is a word of other languages
  raise error
//^^^^^ error[E0106]: `raise` is a word of other languages
  switch x { A => 1 }
//^^^^^^ error[E0106]: `switch` is a word of other languages
  true
}
"#,
    );
}

#[test]
fn signs_of_other_languages() {
    check(
        r#"
# a comment
//<^ error[E0107]: comments are written with `//`
/* another */
//<^^ error[E0107]: comments are written with `//`, to the end of the line
tier small = local('smollm2');
                 //^^^^^^^^^ error[E0107]: text stands between double quotes
                           //^ error[E0107]: there are no semicolons: a line ends a statement
flow f(a: Bool, b: Bool) -> Bool {
  let c = a && b || !a;
          //^^ error[E0107]: `&&` is written `and`
               //^^ error[E0107]: `||` is written `or`
                  //^ error[E0107]: `!` is written `not`
                    //^ error[E0107]: there are no semicolons: a line ends a statement
  let d = if c = a { 1 } else { 2 };
             //^ error[E0107]: values are compared with `==`, not `=`
                                 //^ error[E0107]: there are no semicolons: a line ends a statement
  var e = 1
  e += 2
  //^^ error[E0107]: there is no `+=`
  let g = a ? b : c
          //^ error[E0107]: `?` belongs to types
  let h = x.len()
          //^^^ error[E0107]: `len` is not called with a dot
  let i = Ticket { subject = "x" }
                         //^ error[E0107]: a field is given with `:`, not `=`
  let j = a ?? b
          //^^ error[E0107]: there is no `??`
  return c;
        //^ error[E0107]: there are no semicolons: a line ends a statement
}
"#,
    );
}

#[test]
fn an_unknown_clause_is_compared_with_the_known_ones() {
    check(
        r#"
step s() -> Bool {
  on small
  retires <= 1
//^^^^^^^ error[E0109]: unknown clause `retires`
  model small
//^^^^^ error[E0109]: unknown clause `model`
  max_tokens <= 3
//^^^^^^^^^^ error[E0109]: unknown clause `max_tokens`
  let x = 1
//^^^ error[E0109]: unknown clause `let`
  "hi"
}
tool t() -> Bool {
  form http("GET", "https://x")
//^^^^ error[E0109]: unknown clause `form`
  efect read
//^^^^^ error[E0109]: unknown clause `efect`
  ???
//^ error[E0101]: expected a clause of the tool, found `?`
}
"#,
    );
}

#[test]
fn what_later_versions_have_is_said_once() {
    check(
        r#"
step s() -> Bool {
  on    small
  turns <= 4, keep window 3
                 //^^^^^^ error[E0190]: `keep window` is not in this version of the language
  "hi"
}

step t() -> Bool {
  on    small
  turns <= 4, keep <= 100tok summary
                           //^^^^^^^ error[E0190]: a `summary` of what is kept is not in this version of the language
  "hi"
}

"#,
    );
}

#[test]
fn what_stands_longer_than_a_run_fails_well() {
    check(
        r#"
index = files("x")
    //^ error[E0101]: expected the name of the index, found `=`
index help files("x")
         //^^^^^ error[E0101]: expected `=` and `files("./help/**/*.md", chunk <= 200tok)`, found `files`
index help = files
                //^ error[E0101]: expected `(` and which files, found the end of the line
index help = files("x", size <= 3tok) by reader
                      //^^^^ error[E0101]: expected `chunk <= 200tok` or `overlap 20tok`, found `size`
index help = files("x", chunk <= 3tok, chunk <= 4tok) by reader
                                     //^^^^^ error[E0112]: `chunk` is given twice
ceiling c { cost <= $5, calls <= 3 per 1h }
                    //^ error[E0104]: expected `per` and a time such as `1d`, found `,`
ceiling d { over => small, cost <= $1 per 1h }
                  //^^^^^ error[E0101]: expected `on` and a tier, or `escalate("…")`, found `small`
ceiling e { soft 80%, soft 70%, cost <= $1 per 1h }
                    //^^^^ error[E0112]: `soft` is given twice

step s() -> Bool {
  on    small
  cache 7d
      //^^ error[E0101]: how long an answer is kept stands behind `for`
  class fast
      //^^^^ error[E0101]: `fast` is no class of a step
  "hi"
}

step t() -> Bool {
  on    small
  cache <= 7d
      //^^ error[E0101]: how long an answer is kept stands behind `for`
  class backgrund, window <= 3s
      //^^^^^^^^^ error[E0101]: `backgrund` is no class of a step
  cache for 3d
//^^^^^ error[E0112]: `cache` is given twice
  "hi"
}

tool u() -> Bool {
  from   mcp("help").
                   //^ error[E0101]: expected the name of a tool of that server, found the end of the line
  cache  1h
       //^^ error[E0101]: how long an answer is kept stands behind `for`
  effect money, once order
                   //^^^^^ error[E0101]: expected `per`, found `order`
}

flow f(t: Text<=9tok) -> Bool {
  slo     p95(time) < 8s, success = 90%
                  //^ error[E0103]: a promise is written with `<=` or `>=`, not `<`
                                //^ error[E0103]: a promise is written with `<=` or `>=`, not `=`
  slo     p95(time) <= 8s
//^^^ error[E0112]: `slo` is given twice
  under   a
  under   b
//^^^^^ error[E0112]: `under` is given twice
  outcome resolved 7d
                 //^^ error[E0101]: expected `within`, found `7d`
  let a = ask somebody("lead", within 4h) -> Bool "x"
            //^^^^^^^^ error[E0101]: `somebody` cannot be asked
  let b = ask person -> Bool "x"
                   //^^ error[E0104]: expected `(` and who is asked, such as `("support-lead", within 4h)`, found `->`
  let c = ask person("lead") -> Bool "x"
                         //^ error[E0101]: expected `,` and `within 4h`, found `)`
  let d = ask person("lead", within 4h) "x"
                                      //^^^ error[E0104]: expected `->` and the type of the answer, found a text
  a
}
"#,
    );
}

#[test]
fn an_unknown_name_in_front_of_a_declaration() {
    check(
        r#"
stpe s() -> Bool { "hi" }
//<^^^^ error[E0116]: unknown word `stpe`
hello
//<^^^^^ error[E0110]: expected a declaration, found `hello`
pub 3
  //^ error[E0110]: expected a declaration, found `3`
flow
type T = Text<=3tok
     //^ error[E0101]: `type` declares a record, in braces
flow f() -> Bool { true } flow g() -> Bool { true } 3
                                                  //^ error[E0111]: expected a new line, found `3`
"#,
    );
}

#[test]
fn a_statement_ends_with_its_line() {
    check(
        r#"
flow f() -> Bool {
  let a = 1 let b = 2
          //^^^ error[E0111]: expected a new line, found `let`
  g(a) g(b)
     //^ error[E0111]: expected a new line, found `g`
  let c = a b
          //^ error[E0111]: expected a new line, found `b`
  budget cost <= $1
//^^^^^^ error[E0113]: `budget` comes before the first statement
  owner "me"
//^^^^^ error[E0113]: `owner` comes before the first statement
  return a, b
        //^ error[E0111]: expected a new line, found `,`
}
"#,
    );
}

#[test]
fn a_missing_part_is_asked_for() {
    check(
        r#"
flow f() -> Bool {
  let = 3
    //^ error[E0101]: expected a name, found `=`
  let a
     //^ error[E0101]: expected `=` and a value, found the end of the line
  let b =
       //^ error[E0101]: expected an expression, found the end of the line
  var c: Text<=3tok
                 //^ error[E0101]: expected `=` and a value, found the end of the line
  check a
       //^ error[E0104]: expected `else` and what happens where it does not hold, found the end of the line
  let d = escalate()
        //^^^^^^^^ error[E0104]: `escalate` needs a reason
  let e = classify(x) by minilm
        //^^^^^^^^ error[E0104]: `classify` needs a text and the enum of its labels
  let g = classify(x, into: Topic)
                                //^ error[E0104]: expected `by` and the tier that answers `classify`, found the end of the line
  let h = embed(x)
                //^ error[E0104]: expected `by` and the tier that answers `embed`, found the end of the line
  let i = search(x) when a
                        //^ error[E0104]: expected `else` with the value for when it is not called, found the end of the line
  let j = Ticket { subject }
                 //^^^^^^^ error[E0104]: field `subject` has no value
  let k = a is
            //^ error[E0101]: expected a pattern, found the end of the line
  let l = a.
          //^ error[E0101]: expected the name of a field, found the end of the line
  let m = [1, , 2]
            //^ error[E0101]: expected an expression, found `,`
  if { }
   //^ error[E0101]: expected an expression, found `{`
  each in xs { }
     //^^ error[E0304]: `in` is a word of the language
  match { }
      //^ error[E0101]: expected an expression, found `{`
}
"#,
    );
}

#[test]
fn only_a_var_changes() {
    check(
        r#"
flow f() -> Bool {
  t.subject = "x"
//^^^^^^^^^ error[E0114]: only a `var` can be given another value
  xs[0] = 1
//^^^^^ error[E0114]: only a `var` can be given another value
  g(1) = 2
//^^^^ error[E0114]: only a `var` can be given another value
  true
}
"#,
    );
}

#[test]
fn comparisons_do_not_chain() {
    check(
        r#"
flow f(a: Int in 0..9) -> Bool {
  0 < a < 9
      //^ error[E0115]: comparisons do not chain
}
"#,
    );
}

#[test]
fn arms_are_written_with_a_fat_arrow() {
    check(
        r#"
flow f(x: Topic) -> Bool {
  match x {
    Bug -> 1
      //^^ error[E0107]: an arm is written with `=>`, not `->`
    Legal: 2,
       //^ error[E0107]: an arm is written with `=>`, not `:`
    Billing | Other => 3
          //^ error[E0101]: an arm has one pattern
    A => let y = 1
       //^^^ error[E0101]: expected an expression, found `let`
    3 4 => 5
    //^ error[E0101]: expected `=>`, found `4`
    _ => 6
  }
}
route r() {
  true -> small
     //^^ error[E0107]: an arm is written with `=>`, not `->`
  _ -> mid
  //^^ error[E0107]: an arm is written with `=>`, not `->`
}
"#,
    );
}

#[test]
fn ladders_are_written_with_arrows() {
    check(
        r#"
tier t = local("a") || local("b")
                  //^^ error[E0107]: the next model of a tier stands behind `|`, not `||`
tier u = "gpt-5"
       //^^^^^^^ error[E0104]: a model is named with its provider
tier v = gpt5
       //^^^^ error[E0104]: a model is named with its provider, in quotes
step s() -> Bool {
  on small | mid
         //^ error[E0101]: `|` joins the models of a `tier`
  "hi"
}
step t() -> Bool {
  on small => mid > frontier
         //^^ error[E0107]: the next rung stands behind `->`, not `=>`
                //^ error[E0107]: the next rung stands behind `->`, not `>`
  on
//^^ error[E0112]: `on` is given twice
  //^ error[E0101]: expected the name of a tier or a route, found the end of the line
  "hi"
}
"#,
    );
}

#[test]
fn texts_and_numbers() {
    check(
        r#"
flow f() -> Bool {
  let a = "open
        //^^^^^ error[E0011]: text is not closed on its line
  let b = "bad \q escape \u{110000}"
             //^^ error[E0012]: unknown escape `\q`
                       //^^ error[E0012]: unknown escape `\u`
  let c = 99999999999999999999
        //^^^^^^^^^^^^^^^^^^^^ error[E0013]: number is too large: `99999999999999999999`
  let d = 3 tok
          //^^^ error[E0014]: a unit stands directly behind its number
  let e = 3tokens
         //^^^^^^ error[E0014]: unknown unit `tokens`
  let f = 2.5s
        //^^^^ error[E0013]: quantity has a fraction: `2.5s`
  let g = 10min
          //^^^ error[E0014]: unknown unit `min`
  let h = 3xyz
         //^^^ error[E0014]: unknown unit `xyz`
  let i = -3tok
         //^^^^ error[E0013]: quantity is negative: `3tok`
  let j = $99999999999
        //^^^^^^^^^^^^ error[E0013]: amount is too large: `$99999999999`
  let k = a / b
          //^ error[E0107]: there is no division
  let l = “curly”
        //^^^^^^^ error[E0107]: text stands between double quotes
  let m = naïve
          //^ error[E0010]: unexpected character `ï`
  let n = a % 2
          //^ error[E0010]: unexpected character `%`
  let o = 1 ≤ 2
          //^ error[E0010]: unexpected character `≤`
  true
}
"#,
    );
}

#[test]
fn block_text_stands_right_of_its_closing_quotes() {
    check(
        r#"
step s() -> Bool {
  """
    indented
  fits
 left
//<^ error[E0015]: a line of the block text stands left of its closing quotes
  also fits
  """
}
"#,
    );
}

#[test]
fn a_prompt_says_what_its_braces_hold() {
    check(
        r#"
step s(q: Question) -> Bool {
  """
  {} and { q.ask and
//^^ error[E0120]: the hole is empty
                  //^ error[E0101]: expected an expression, found the end of the hole
  }
  {"json": 1}
//^^^^^^^^^^^ error[E0120]: a hole holds an expression
  {{fine}} but } not
             //^ error[E0120]: `}` closes nothing in this prompt
  {for x in xs}{x}{endfor}
 //^^^ error[E0121]: unknown tag `for`
                //^^^^^^^^ error[E0121]: `{endfor}` is not how a tag is closed
  {q.ask q.plan}
       //^ error[E0101]: expected `}`, found `q`
  {#each x}
//^^^^^^^^^ error[E0120]: a hole holds an expression
  {q.}
   //^ error[E0101]: expected the name of a field, found the end of the hole
  """
}
"#,
    );
}

#[test]
fn an_open_hole_is_said_once() {
    check(
        r#"
step s(q: Question) -> Bool {
  """
  An open {q.ask
        //^ error[E0120]: a hole is not closed
  and {q.plan here
  """
}
"#,
    );
}

#[test]
fn tags_have_a_beginning_and_an_end() {
    check(
        r#"
step s(q: Question) -> Bool {
  """
  {end}
//^^^^^ error[E0121]: `{end}` closes nothing
  {else}
//^^^^^^ error[E0121]: `{else}` belongs to no `{if}`
  {each p in xs}
//^^^^^^^^^^^^^^ error[E0122]: a tag is not closed
  {if q.ok}
  {p}
  {else}
  {else}
//^^^^^^ error[E0121]: `{else}` belongs to no `{if}`
  {end}
  """
}
step t(q: Question) -> Bool {
  """
  {if q.ok q}{end}
         //^ error[E0101]: expected `}`, found `q`
  {each p of xs}{p}{end}
        //^^ error[E0101]: expected `in`, found `of`
  {else if q.ok}
//^^^^^^^^^^^^^^ error[E0120]: a tag cannot be read
  """
}
"#,
    );
}

#[test]
fn clauses_are_given_once() {
    check(
        r#"
step s() -> Bool {
  on small
  on mid
//^^ error[E0112]: `on` is given twice
  retry <= 1
  retry <= 2
//^^^^^ error[E0112]: `retry` is given twice
  "hi"
  "ho"
//^^^^ error[E0112]: the step already has a prompt
}
tool t() -> Bool {
  effect read
  effect write
//^^^^^^ error[E0112]: `effect` is given twice
}
flow f() -> Bool {
  budget cost <= $1
  budget cost <= $2
//^^^^^^ error[E0112]: `budget` is given twice
  true
}
"#,
    );
}

#[test]
fn names_are_written_like_their_kind() {
    check(
        r#"
type ticket_body { Subject: Text<=3tok }
   //^^^^^^^^^^^ error[E0303]: `ticket_body` is written `TicketBody`
                 //^^^^^^^ error[E0303]: `Subject` is written `subject`
enum topic { billing, HowTo, How_to }
   //^^^^^ error[E0303]: `topic` is written `Topic`
           //^^^^^^^ error[E0303]: `billing` is written `Billing`
                           //^^^^^^ error[E0303]: `How_to` is written `HowTo`
alias draft = Text<=3tok
    //^^^^^ error[E0303]: `draft` is written `Draft`
tier Small = local("x")
   //^^^^^ error[E0303]: `Small` is written `small`
step solveIt(Query: Text<=3tok) -> Bool { "hi" }
   //^^^^^^^ error[E0303]: `solveIt` is written `solve_it`
           //^^^^^ error[E0303]: `Query` is written `query`
flow RunJSONText() -> Bool {
   //^^^^^^^^^^^ error[E0303]: `RunJSONText` is written `run_json_text`
  let myValue = 1
    //^^^^^^^ error[E0303]: `myValue` is written `my_value`
  each X in xs { X }
     //^ error[E0303]: `X` is written `x`
}
"#,
    );
}

#[test]
fn words_of_the_language_are_no_names() {
    check(
        r#"
flow if(return: Bool) -> Bool {
   //^^ error[E0304]: `if` is a word of the language
      //^^^^^^ error[E0304]: `return` is a word of the language
  let match = 3
    //^^^^^ error[E0304]: `match` is a word of the language
  var null = 2
    //^^^^ error[E0304]: `null` is a word of the language
  each not in xs { 1 }
     //^^^ error[E0304]: `not` is a word of the language
}
"#,
    );
}

#[test]
fn types_of_other_languages() {
    check(
        r#"
type T {
  a: List<Passage>
       //^ error[E0107]: types take no arguments in `<` and `>`
  b: Option<Text>
         //^ error[E0107]: types take no arguments in `<` and `>`
  c: Text[<=3
       //^ error[E0102]: `[` of the list is not closed
  d: Text<=
         //^ error[E0101]: expected a size such as `64tok`, found the end of the line
  e:
  //^ error[E0101]: expected a type, found the end of the line
  f: 3
   //^ error[E0101]: expected a type, found `3`
  g: Int in 0..
             //^ error[E0101]: expected the greatest value, found the end of the line
  h: Text<=3tok[<5]
              //^ error[E0103]: a bound is written with `<=`, not `<`
  i
//^ error[E0104]: `i` has no type
}
"#,
    );
}

#[test]
fn arguments_have_no_names() {
    check(
        r#"
flow f(x: Text<=3tok) -> Bool {
  let a = solve(q: x)
              //^ error[E0101]: arguments of `solve` have no names
  let b = escalate("no", "lead")
                       //^^^^^^ error[E0104]: to whom it escalates is written with `to:`
  let c = escalate(reason: "no", to: "lead", 3)
                 //^^^^^^ error[E0101]: arguments of `escalate` have no names
                                           //^ error[E0101]: `escalate` takes fewer arguments
  true
}
"#,
    );
}

#[test]
fn a_nest_that_is_too_deep_is_said_once() {
    let flow = format!("flow f() -> Bool {{\n  return {}x{}\n}}\n", "if x { ".repeat(400), " } else { x }".repeat(400));
    let said = parse(SourceId(0), &flow).diagnostics;
    assert_eq!(said.iter().map(|problem| problem.code.as_str()).collect::<Vec<_>>(), ["E0108"]);
}

#[test]
fn a_number_behind_a_type_without_a_size_is_a_value() {
    check("flow f() -> Score {\n  var sure: Score = 0.75\n  return sure\n}");
}

#[test]
fn a_constant_that_cannot_be_read_is_said_once() {
    check(
        r#"
const a <= 3
      //^^ error[E0101]: a constant is given with `=`
const b: Int = 3
     //^ error[E0107]: a constant has the type of its value
const c =
       //^ error[E0101]: expected a value such as `60tok`, found the end of the line
const d = (2 * a
        //^ error[E0102]: `(` of the amount is not closed
const e = Big
        //^^^ error[E0101]: expected a value such as `60tok`, found `Big`
static f = 3
//<^^^^^^ error[E0106]: `static` is a word of other languages
step s(x: Text<=q.size) -> Bool {
              //^ error[E0101]: expected a size such as `64tok`, found `q`
  on small
  "hi"
}
"#,
    );
}

#[test]
fn a_test_that_cannot_be_read_is_said_once() {
    check(
        r#"
test refund_waits {
   //^^^^^^^^^^^^ error[E0101]: a test is named by a sentence in quotes
}
test "a" {
  givven solve answers 3
//^^^^^^ error[E0109]: unknown clause `givven`
  given solve returns 3
            //^^^^^^^ error[E0101]: what is given is said with `answers`, `calls` or `fails`, not `returns`
  given solve answers 3, twice
                       //^^^^^ error[E0101]: expected `always` or `times 2`, found `twice`
  run
   //^ error[E0101]: expected the flow to run, found the end of the line
}
eval desk {
        //^ error[E0104]: expected `over` and where the cases are, found `{`
}
eval desk over cases {
             //^^^^^ error[E0101]: expected where the cases are, in quotes, such as `"cases/*.json"`, found `cases`
}
flow f(xs: T[<=3]) -> Bool {
  xs fit 3tok
   //^^^ error[E0104]: `fit` does not say what is left out first
}
"#,
    );
}

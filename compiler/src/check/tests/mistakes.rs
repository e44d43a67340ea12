//! What is said about mistakes: each at its place, each once.

use crate::testing::expect;

#[test]
fn ten_mistakes_give_ten_messages() {
    expect(
        r#"
tier small = local("smollm2-135m-instruct")
type Ticket { subject: Text<=32tok, body: Text<=600tok }
step split(t: Ticket) -> Text<=20tok[<=4] {
  on smal
   //^^^^ error[E0301]: unknown name `smal`
  retry <= 5000
         //^^^^ error[E0504]: `5000` is out of range
  """
  {t.subject}
  """
}
type Part { x: Text }
             //^^^^ error[E0501]: `Text` has no size
flow f(t: Ticket) -> Text<=20tok {
  budget cots <= $1
       //^^^^ error[E0707]: `cots` is no dimension of a budget
  let a = split(t, 1)
        //^^^^^^^^^^^ error[E0404]: `split` takes 1 argument, and 2 are given
  let b = t.bdy
          //^^^ error[E0402]: `Ticket` has no field `bdy`
  let d = len(a) + "x"
        //^^^^^^^^^^^^ error[E0410]: `+` does not go with `Int in 0..4` and `Text<=1tok`
  if t.subject { return "a" }
   //^^^^^^^^^ error[E0401]: `Bool` is wanted, and this is `Text<=32tok`
  loop { break }
  //<^^^^ error[E0702]: `loop` without a cap
  skip
  //<^^^^ error[E0704]: `skip` outside of `each`
  return t.body
       //^^^^^^ error[E0502]: `Text<=20tok` is wanted, and this is `Text<=600tok`
}
"#,
    );
}

#[test]
fn what_follows_from_a_mistake_is_not_said() {
    expect(
        r#"
flow f(x: Bool) -> Bool {
  budget calls <= 0
  let a = nothing(x)
        //^^^^^^^ error[E0301]: unknown name `nothing`
  let b = a.field + 1
  let c = each y in b { y.z }
  return c
}
"#,
    );
}

#[test]
fn null_is_asked_for_before_it_is_used() {
    expect(
        r#"
type Ticket { order: Id?, note: Text<=20tok? }
flow checked(t: Ticket) -> Id {
  budget calls <= 0
  check t.order is not null else return "none"
  return t.order
}
flow branched(t: Ticket) -> Id {
  budget calls <= 0
  if t.order is null { return "none" }
  return t.order
}
flow matched(t: Ticket) -> Id {
  budget calls <= 0
  return match t.order { null => "none", _ => t.order }
}
flow asked(t: Ticket) -> Bool {
  budget calls <= 0
  return t.note is not null and len(t.note) > 3
}
flow forgotten(t: Ticket) -> Id {
  budget calls <= 0
  return t.order
       //^^^^^^^ error[E0401]: `Id` is wanted, and this is `Id?`
}
"#,
    );
}

#[test]
fn a_match_names_what_is_missing() {
    expect(
        r#"
enum Ask { Help, Refund { amount: Usd<=$50 } }
flow f(a: Ask, n: Int in 0..3, s: Text<=9tok) -> Usd<=$50 {
  budget calls <= 0
  let x = match a { Help => $0, Refund { amount } => amount }
  let e = match a { Help => $0 }
        //^^^^^^^ error[E0406]: no arm for `Refund`
  let g = match n { 0 => $1, 3 => $2 }
        //^^^^^^^ error[E0406]: no arm for `1`, `2`
  let h = match s { "a" => $1 }
        //^^^^^^^ error[E0406]: no arm for the rest of `Text<=9tok`
  let i = match a { Helpp => $0, Refund { amount } => amount }
                  //^^^^^ error[E0408]: `Ask` has no variant `Helpp`
  let j = match a { _ => $1, Help => $2 }
                           //^^^^ error[E0407]: nothing is left for this arm
  return max(max(x, e), max(max(g, h), max(i, j)))
}
"#,
    );
}

#[test]
fn a_var_keeps_its_size() {
    expect(
        r#"
flow f(x: Text<=9tok, bs: Bool[<=2]) -> Text<=99tok {
  budget calls <= 0
  var all = x
  let fixed = x
  loop <= 3 {
    all = all + x
        //^^^^^^^ error[E0507]: `all` would grow to `Text<=20tok`
    fixed = x
    //<^^^^^ error[E0713]: `fixed` does not change
  }
  each b in bs {
    all = ""
    //<^^^^^^^^ error[E0710]: `all` is changed by each element
  }
  break
  //<^^^^^ error[E0703]: `break` outside of `loop`
  return all + fixed
}
"#,
    );
}

#[test]
fn a_tool_that_acts_has_a_gate() {
    expect(
        r#"
tool pay(order: Id, amount: Usd<=$50) -> Text<=20tok {
   //^^^ error[E0601]: `pay` acts on the world and has no gate
  from   http("POST", env("BILLING") + "/refunds")
  effect money, once per ordr
                       //^^^^ error[E0607]: `ordr` is no parameter of this tool
  price  $0.00
  time   <= 5
          //^ error[E0503]: `5` is not a time
}
"#,
    );
}

#[test]
fn models_are_of_the_kind_that_is_wanted() {
    expect(
        r#"
tier small  = local("smollm2-135m-instruct")
tier reader = local("all-minilm-l6-v2")
tier odd    = local("smollm2-135m")
                  //^^^^^^^^^^^^^^ error[E0805]
enum Ask { Help, Refund { amount: Usd<=$50 } }
step s() -> Text<=9tok {
  on reader
   //^^^^^^ error[E0604]: `reader` is a tier of embedding models
  """x"""
}
flow f(x: Text<=9tok) -> Ask {
  budget calls <= 1
  let y = embed(x) by small
                    //^^^^^ error[E0604]: `small` is a tier of models that write text
  let z = embed(x) by reader
  check similarity(y, z) > 0.5 else return Help
  return classify(x, into: Ask) by reader
                         //^^^ error[E0412]: `Ask` has a variant with fields
}
"#,
    );
}

#[test]
fn circles_are_shown_with_their_path() {
    expect(
        r#"
tier small = local("smollm2-135m-instruct")
flow f(x: Bool) -> Bool {
  budget calls <= 0
  return g(x)
}
flow g(x: Bool) -> Bool {
  budget calls <= 0
  return f(x)
       //^^^^ error[E0701]: `f` calls itself
}
step judge(x: Text<=9tok) -> Bool {
  on small
  accept judge(x)
       //^^^^^^^^ error[E0701]: `judge` calls itself
  """{x}"""
}
route a(x: Bool) { _ => b(x) }
route b(x: Bool) { _ => a(x) }
                      //^ error[E0701]: `a` calls itself
type Tree { kids: Tree[<=2] }
   //^^^^ error[E0411]: `Tree` contains itself
"#,
    );
}

#[test]
fn an_effect_cannot_stand_in_a_prompt_or_a_question() {
    expect(
        r#"
tier small = local("smollm2-135m-instruct")
step ok(x: Text<=9tok) -> Bool {
  on small
  accept it or ok2(x)
  """{x}"""
}
step ok2(x: Text<=9tok) -> Bool {
  on small
  """{text(embed2(x))} {ok3(x)}"""
         //^^^^^^ error[E0301]: unknown name `embed2`
                      //^^^^^^ error[E0708]: a prompt cannot wait for this
}
step ok3(x: Text<=9tok) -> Bool {
  on small
  """{x}"""
}
flow f(xs: Text<=9tok[<=3]) -> Bool {
  budget calls <= 0
  return all(xs, ok(it))
               //^^^^^^ error[E0708]: a question about each element cannot wait for this
}
"#,
    );
}

#[test]
fn a_larger_argument_is_marked_with_its_parameter() {
    let (checked, _) = crate::testing::check(&crate::testing::Memory::of(
        "flow f(x: Text<=9tok) {\n  budget calls <= 0\n}\nflow g(y: Text<=99tok) {\n  budget calls <= 0\n  f(y)\n}\n",
    ));
    let [only] = checked.diagnostics.as_slice() else { panic!("one message: {:?}", checked.diagnostics) };
    assert_eq!(only.labels.len(), 2);
    assert_eq!(only.labels[1].text, "`x` is `Text<=9tok`");
    assert_eq!(only.fix.as_ref().map(|fix| fix.replacement.as_str()), Some("y cut 9tok"));
}

#[test]
fn few_tokens_with_many_bytes_are_told_apart() {
    expect(
        r#"
tier mid = openai("gpt-5-mini")
flow f() -> Text<=2tok {
  budget calls <= 0
  return "internationalization"
       //^^^^^^^^^^^^^^^^^^^^^^ error[E0502]: `Text<=2tok` has at most 16 bytes, and this can have 20
}
"#,
    );
}

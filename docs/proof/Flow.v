(** Flows: what they are, how they run, what they are bounded by, and that no run takes more.

    [run f o c]: a run of [f] may end as [o], having taken [c]. The environment (models, tools, people, networks, the
    values that conditions look at) decides everything that is left open: that is what makes it a relation. A run may be
    cut off at any moment ([Failed], by [R_stop] and by the leaves), so the theorem speaks of every moment of a run. *)

From Coq Require Import NArith Lia List.
Require Import Resource Step.
Import ListNotations.
Open Scope N_scope.

(** A way to end that is not a failure. *)
Inductive exit := Falls | Breaks | Skips | Returns | Escalates.
Inductive outcome := Exit (e : exit) | Failed.

Inductive flow :=
| Leaf (most : res)                  (* an effect with a ceiling: a tool call, a wait *)
| Model (s : step)                   (* a step: rungs, turns, retries, repairs *)
| Leave (e : exit)                   (* break, skip, return, escalate *)
| Nothing
| Seq (f g : flow)
| Par (f g : flow)                   (* neither needs the other, and neither leaves *)
| Choice (f g : flow)                (* if, match, route *)
| Each (n p : N) (f : flow)          (* over at most n elements, at most p at once *)
| Loop (n : nat) (f : flow)
| Else (f g : flow)
| Call (f : flow)                    (* of a flow: its return is where the caller goes on *)
| Within (limit : res) (f : flow).   (* held to a limit *)

(** * Bounds: for every way to end, the most that a run takes that ends so; [None] where no run does. *)

Definition exits := exit -> option res.

Definition most (x y : option res) :=
  match x, y with
  | Some x, Some y => Some (either x y)
  | Some x, None => Some x
  | None, y => y
  end.

Definition or_zero (x : option res) := match x with Some x => x | None => zero end.

(** However it ends; a failure comes on the way to one of the ends, so it takes no more. *)
Definition any (b : exits) : res :=
  or_zero (most (b Falls) (most (b Breaks) (most (b Skips) (most (b Returns) (b Escalates))))).

Definition only (e : exit) (c : res) : exits := fun e' =>
  match e, e' with
  | Falls, Falls | Breaks, Breaks | Skips, Skips | Returns, Returns | Escalates, Escalates => Some c
  | _, _ => None
  end.

Definition option_map2 (f : res -> res -> res) (x y : option res) :=
  match x, y with Some x, Some y => Some (f x y) | _, _ => None end.

(** What comes before a way to end is taken with it. *)
Definition after (before : option res) (b : exits) : exits := fun e => option_map2 follow before (b e).

Definition union (a b : exits) : exits := fun e => most (a e) (b e).
Definition leaving (b : exits) : exits := fun e => match e with Falls => None | _ => b e end.

Definition rounds_before (n : nat) (round : option res) : res :=
  match round with Some r => times (N.of_nat n) (N.of_nat n) r | None => zero end.

Definition loop_exits (n : nat) (b : exits) : exits :=
  match n with
  | O => only Falls zero
  | S before => fun e =>
      let last x := option_map2 follow (Some (rounds_before before (b Falls))) x in
      match e with
      | Falls => most (option_map (times (N.of_nat n) (N.of_nat n)) (b Falls)) (last (b Breaks))
      | Breaks => None
      | _ => last (b e)
      end
  end.

Definition ceil (n p : N) := (n + p - 1) / p.

(** Elements that stay in the [each]: they end, or are dropped. *)
Definition stays (b : exits) : res := or_zero (most (b Falls) (b Skips)).

Definition each_exits (n p : N) (b : exits) : exits :=
  let p := N.max p 1 in
  let rounds := ceil n p in
  fun e => match e with
  | Falls => Some (times n rounds (stays b))
  | Skips => None
  | _ =>
      if n =? 0 then None
      else match b e with
      | None => None
      | Some leaves =>
          if p =? 1 then Some (follow (times (n - 1) (n - 1) (stays b)) leaves)
          else let many := N.min p n in
               Some (R ((n - many) * add (stays b) + many * add (any b)) (rounds * time (any b)))
      end
  end.

Fixpoint bound (f : flow) : exits :=
  match f with
  | Leaf c => only Falls c
  | Model s => only Falls (step_bound s)
  | Leave e => only e zero
  | Nothing => only Falls zero
  | Seq f g => union (leaving (bound f)) (after (bound f Falls) (bound g))
  | Par f g => only Falls (beside (any (bound f)) (any (bound g)))
  | Choice f g => union (bound f) (bound g)
  | Each n p f => each_exits n p (bound f)
  | Loop n f => loop_exits n (bound f)
  | Else f g => union (bound f) (after (Some (any (bound f))) (bound g))
  | Call f => fun e => match e with
      | Falls => most (bound f Falls) (bound f Returns)
      | Returns => None
      | _ => bound f e
      end
  | Within limit f => fun e => option_map (least limit) (bound f e)
  end.

(** * Runs. *)

(** A place in an [each]: how many elements it had, until when it is busy, and whether the last of them left. *)
Record place := P { had : N; busy : N; left : bool }.

Definition stayed (o : outcome) := match o with Exit Falls | Exit Skips => true | _ => false end.

(** What an [each] ends as, given what one of its elements ended as. *)
Definition each_ends (o : outcome) := match o with Exit Falls | Exit Skips => Exit Falls | _ => o end.

Inductive run : flow -> outcome -> res -> Prop :=
| R_stop f : run f Failed zero
| R_leaf m c : c << m -> run (Leaf m) (Exit Falls) c
| R_leaf_failed m c : c << m -> run (Leaf m) Failed c
| R_model s c : step_run s c -> run (Model s) (Exit Falls) c
| R_model_failed s c : step_run s c -> run (Model s) Failed c
| R_leave e : run (Leave e) (Exit e) zero
| R_nothing : run Nothing (Exit Falls) zero
| R_seq f g o c d : run f (Exit Falls) c -> run g o d -> run (Seq f g) o (follow c d)
| R_seq_left f g o c : run f o c -> o <> Exit Falls -> run (Seq f g) o c
| R_par f g c d : run f (Exit Falls) c -> run g (Exit Falls) d -> run (Par f g) (Exit Falls) (beside c d)
| R_par_failed f g o p c d : run f o c -> run g p d -> run (Par f g) Failed (beside c d)
| R_choice_l f g o c : run f o c -> run (Choice f g) o c
| R_choice_r f g o c : run g o c -> run (Choice f g) o c
| R_each n p f ws o a k : places n (N.max p 1) f ws o a k ->
    run (Each n p f) (each_ends o) (R a (fold_right (fun w t => N.max (busy w) t) 0 ws))
| R_loop_end f : run (Loop 0 f) (Exit Falls) zero
| R_loop_next n f o c d : run f (Exit Falls) c -> run (Loop n f) o d -> run (Loop (S n) f) o (follow c d)
| R_loop_break n f c : run f (Exit Breaks) c -> run (Loop (S n) f) (Exit Falls) c
| R_loop_left n f o c : run f o c -> o <> Exit Falls -> o <> Exit Breaks -> run (Loop (S n) f) o c
| R_else_done f g o c : run f o c -> run (Else f g) o c
| R_else f g o c d : run f Failed c -> run g o d -> run (Else f g) o (follow c d)
| R_call_done f c : run f (Exit Falls) c -> run (Call f) (Exit Falls) c
| R_call_return f c : run f (Exit Returns) c -> run (Call f) (Exit Falls) c
| R_call_left f o c : run f o c -> o <> Exit Falls -> o <> Exit Returns -> run (Call f) o c
| R_within limit f o c : run f o c -> c << limit -> run (Within limit f) o c

(** The elements of an [each] that were started so far: the places ([p] of them), what the last one that left ended as, what
    was taken, and how many were started. The next element takes the place that is free first, at that moment; where an
    element has left before that moment, nothing starts any more. *)
with places : N -> N -> flow -> list place -> outcome -> N -> N -> Prop :=
| P_none n p f : places n p f (repeat (P 0 0 false) (N.to_nat p)) (Exit Falls) 0 0
| P_start n p f ws w vs o o' a c k :
    places n p f (ws ++ w :: vs) o a k ->
    k < n ->
    left w = false ->
    (forall v, In v (ws ++ w :: vs) -> busy w <= busy v) ->
    (forall v, In v (ws ++ w :: vs) -> left v = true -> busy w < busy v) ->
    run f o' c ->
    places n p f (ws ++ P (had w + 1) (busy w + time c) (negb (stayed o')) :: vs)
      (if stayed o' then o else o') (a + add c) (k + 1).

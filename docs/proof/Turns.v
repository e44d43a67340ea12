(** Conversations: what the request of a turn can have, and the schedule that is the worst.

    A step may take [turns] turns and [calls] tool calls. Every turn but the last uses up at least one call. Where no call is
    left, and in the last turn, tools are withheld. The bound counts one conversation of the full length, in which the results
    of the calls are there as early as they can be and still leave one call for each turn but the last. A shorter conversation
    is laid beside the end of that one: [fits] says how far it may be shifted, and [request_le] that every request of it is
    then covered by the one beside it. *)

From Coq Require Import NArith Arith Bool Lia List.
Import ListNotations.
Open Scope N_scope.

(** What of a conversation is sent again: all, at most so many tokens, or the last turns. *)
Inductive keep := All | Tokens (most : N) | Last (window : nat).

(** What one model makes of a step: sizes in its tokens, prices in one dimension. *)
Record lane := Lane {
  offered : N;                 (* the first request, with the schemas of tools *)
  withheld : N;                (* and without *)
  answer : N;                  (* an earlier answer, sent again *)
  note : N;                    (* what sends an invalid answer back *)
  results : list (N * nat);    (* sizes of results of calls and how many there may be of each, largest first *)
  cap : N;                     (* the most that a request may have *)
  rate : N;                    (* per token of input *)
  flat : N;                    (* per request: its output and its own price *)
  beyond : N;                  (* requests longer than this *)
  more : N;                    (* take this more for each token *)
  wait : N                     (* until a request is given up *)
}.

(** What an attempt takes whose request has so many tokens. *)
Definition price (l : lane) (tokens : N) : N :=
  rate l * tokens + flat l + (if beyond l <? tokens then more l * tokens else 0).

Lemma price_mono l x y : x <= y -> price l x <= price l y.
Proof.
  intros H. unfold price.
  assert (rate l * x <= rate l * y) by (apply N.mul_le_mono_l; lia).
  destruct (beyond l <? x) eqn:E; destruct (beyond l <? y) eqn:F.
  - assert (more l * x <= more l * y) by (apply N.mul_le_mono_l; lia). lia.
  - apply N.ltb_lt in E. apply N.ltb_ge in F. lia.
  - lia.
  - lia.
Qed.

(** The sum of the largest [n] results. *)
Fixpoint largest (sizes : list (N * nat)) (n : nat) : N :=
  match sizes with
  | [] => 0
  | (size, count) :: rest => let taken := Nat.min n count in size * N.of_nat taken + largest rest (n - taken)
  end.

Lemma largest_mono sizes : forall n m, (n <= m)%nat -> largest sizes n <= largest sizes m.
Proof.
  induction sizes as [|[size count] rest IH]; intros n m H; cbn [largest]; [lia|].
  assert (N.of_nat (Nat.min n count) <= N.of_nat (Nat.min m count)) by lia.
  assert (size * N.of_nat (Nat.min n count) <= size * N.of_nat (Nat.min m count)) by (apply N.mul_le_mono_l; lia).
  assert (largest rest (n - Nat.min n count) <= largest rest (m - Nat.min m count)) by (apply IH; lia).
  lia.
Qed.

(** * That these are the largest: no choice of calls within the caps has larger results. *)

Fixpoint chosen (sizes : list (N * nat)) (counts : list nat) : N :=
  match sizes, counts with
  | (size, _) :: rest, n :: counts => size * N.of_nat n + chosen rest counts
  | _, _ => 0
  end.

Fixpoint allowed (sizes : list (N * nat)) (counts : list nat) : Prop :=
  match sizes, counts with
  | (_, count) :: rest, n :: counts => (n <= count)%nat /\ allowed rest counts
  | [], [] => True
  | _, _ => False
  end.

Fixpoint decreasing (sizes : list (N * nat)) : Prop :=
  match sizes with
  | [] => True
  | (size, _) :: rest => Forall (fun s => fst s <= size) rest /\ decreasing rest
  end.

Lemma largest_swap sizes most : Forall (fun s => fst s <= most) sizes ->
  forall n d, largest sizes (n + d) <= largest sizes n + most * N.of_nat d.
Proof.
  induction 1 as [|[size count] rest Hsize _ IH]; intros n d; cbn [largest]; [lia|]. cbn in Hsize.
  set (a := Nat.min (n + d) count). set (b := Nat.min n count).
  assert (Hab : (b <= a)%nat) by (unfold a, b; lia).
  assert (Hd : ((n + d) - a = (n - b) + (d - (a - b)))%nat) by (unfold a, b; lia).
  rewrite Hd.
  pose proof (IH (n - b)%nat (d - (a - b))%nat) as H.
  assert (Hle : (a - b <= d)%nat) by (unfold a, b; lia).
  assert (size * N.of_nat a = size * N.of_nat b + size * N.of_nat (a - b))
    by (rewrite <- N.mul_add_distr_l; f_equal; lia).
  assert (size * N.of_nat (a - b) <= most * N.of_nat (a - b)) by (apply N.mul_le_mono_r; lia).
  assert (most * N.of_nat d = most * N.of_nat (a - b) + most * N.of_nat (d - (a - b)))
    by (rewrite <- N.mul_add_distr_l; f_equal; lia).
  lia.
Qed.

Theorem largest_is_largest sizes : decreasing sizes -> forall counts, allowed sizes counts ->
  chosen sizes counts <= largest sizes (list_sum counts).
Proof.
  induction sizes as [|[size count] rest IH]; intros Hdec [|n counts] Hall; cbn in Hall; try contradiction.
  - cbn. lia.
  - destruct Hdec as [Hsmaller Hdec]. destruct Hall as [Hn Hall].
    specialize (IH Hdec counts Hall). cbn [chosen largest list_sum fold_right].
    change (fold_right Nat.add 0%nat counts) with (list_sum counts).
    set (total := list_sum counts) in *. set (taken := Nat.min (n + total) count).
    assert (Ht : (n <= taken)%nat) by (unfold taken; lia).
    assert (Htotal : (total <= (n + total - taken) + (taken - n))%nat) by (unfold taken; lia).
    pose proof (largest_mono rest _ _ Htotal) as Hmono.
    pose proof (largest_swap rest size Hsmaller (n + total - taken) (taken - n)) as Hswap.
    assert (size * N.of_nat taken = size * N.of_nat n + size * N.of_nat (taken - n))
      by (rewrite <- N.mul_add_distr_l; f_equal; lia).
    lia.
Qed.

(** * Requests. *)

Section Conversation.

Variable kept : keep.
Variables turns calls : nat.

(** What was said before turn [turn], after [made] calls: sent again. *)
Definition history (l : lane) (turn made : nat) : N :=
  let said k := N.of_nat k * answer l in
  match kept with
  | All => said (turn - 1)%nat + largest (results l) made
  | Tokens most => N.min (said (turn - 1)%nat + largest (results l) made) most
  | Last 0 => 0
  | Last window => said (Nat.min (turn - 1) window) + (if (turn =? 1)%nat then 0 else largest (results l) made)
  end.

(** A request of a run, at most. *)
Definition base (l : lane) (turn made : nat) : N :=
  if (turn <? turns)%nat && (made <? calls)%nat then offered l else withheld l.
Definition request (l : lane) (turn made : nat) : N := N.min (base l turn made + history l turn made) (cap l).

(** * The schedule that is counted. *)

Definition there (turn : nat) : nat := if (turn <=? 1)%nat then 0 else (calls - (turns - turn))%nat.

Definition scheduled (l : lane) (turn : nat) : N :=
  let base := if (turn <? turns)%nat then offered l else withheld l in
  let made := match kept with Last _ => calls | _ => there turn end in
  N.min (base + history l turn made) (cap l).

(** The last turn with all that can have been said, and so many invalid answers sent back. *)
Definition mended (l : lane) (turn made repairs : nat) : N :=
  N.min (withheld l + history l turn made + N.of_nat repairs * (answer l + note l)) (cap l).
Definition scheduled_repair (l : lane) (repairs : nat) : N :=
  mended l turns (if (turns <=? 1)%nat then 0 else calls) repairs.

(** Turn [turn] of a run, after [made] calls, may be laid beside turn [turn + shift] of the schedule. *)
Definition fits (shift turn made : nat) : Prop :=
  (turn + shift <= turns)%nat /\ (made + (turns - (turn + shift)) <= calls)%nat /\
  ((turn <? turns)%nat && (made <? calls)%nat = true -> (turn + shift < turns)%nat).

(** How far a conversation of a run has come. *)
Definition possible (turn made : nat) : Prop :=
  (1 <= turn <= turns)%nat /\ (made <= calls)%nat /\ (turn = 1%nat -> made = 0%nat).

Lemma some_fit turn made : possible turn made -> exists shift, fits shift turn made.
Proof.
  intros [[H1 H2] [H3 H4]]. unfold fits.
  destruct ((turn <? turns)%nat && (made <? calls)%nat) eqn:E.
  - apply andb_prop in E. destruct E as [E F]. apply Nat.ltb_lt in E. apply Nat.ltb_lt in F.
    exists (turns - 1 - turn)%nat. repeat split; lia.
  - exists (turns - turn)%nat. repeat split; lia || discriminate.
Qed.

(** The next turn: at least one call was used up. *)
Lemma fit_before shift turn made made' : (made < made')%nat -> fits shift (turn + 1) made' -> fits shift turn made.
Proof. unfold fits. intros H (A & B & C). repeat split; lia. Qed.

Lemma history_mono l turn turn' made made' :
  (1 <= turn <= turn')%nat -> (made <= made')%nat -> (turn = 1%nat -> made = 0%nat) ->
  history l turn made <= history l turn' made'.
Proof.
  intros H1 H2 H3. pose proof (largest_mono (results l) _ _ H2) as HL.
  assert (Hs : N.of_nat (turn - 1) * answer l <= N.of_nat (turn' - 1) * answer l) by (apply N.mul_le_mono_r; lia).
  unfold history. destruct kept as [| most | [| window]].
  - lia.
  - lia.
  - lia.
  - assert (N.of_nat (Nat.min (turn - 1) (S window)) * answer l <= N.of_nat (Nat.min (turn' - 1) (S window)) * answer l)
      by (apply N.mul_le_mono_r; lia).
    destruct (turn =? 1)%nat eqn:E; destruct (turn' =? 1)%nat eqn:F; try lia.
    apply Nat.eqb_eq in F. apply Nat.eqb_neq in E. lia.
Qed.

Theorem request_le l shift turn made : withheld l <= offered l -> possible turn made -> fits shift turn made ->
  request l turn made <= scheduled l (turn + shift).
Proof.
  intros Hb [[P1 P2] [P3 P4]] (A & B & C). unfold request, scheduled, base.
  assert (Hh : history l turn made <=
    history l (turn + shift) (match kept with Last _ => calls | _ => there (turn + shift) end)).
  { apply history_mono; [lia | | exact P4].
    assert (made <= there (turn + shift))%nat.
    { unfold there. destruct (turn + shift <=? 1)%nat eqn:E.
      - apply Nat.leb_le in E. assert (turn = 1)%nat by lia. rewrite (P4 H). lia.
      - lia. }
    destruct kept; lia. }
  destruct ((turn <? turns)%nat && (made <? calls)%nat) eqn:E.
  - specialize (C eq_refl). apply Nat.ltb_lt in C. rewrite C. lia.
  - destruct (turn + shift <? turns)%nat; lia.
Qed.

Theorem repair_le l turn made repairs : possible turn made ->
  mended l turn made repairs <= scheduled_repair l repairs.
Proof.
  intros [[P1 P2] [P3 P4]]. unfold scheduled_repair, mended.
  assert (history l turn made <= history l turns (if (turns <=? 1)%nat then 0 else calls)%nat).
  { apply history_mono; [lia | | exact P4].
    destruct (turns <=? 1)%nat eqn:E; [apply Nat.leb_le in E; rewrite P4; lia | lia]. }
  lia.
Qed.

End Conversation.

(** No run of a step takes more than its bound. *)

From Coq Require Import NArith Arith Bool Lia List.
Require Import Resource Turns Step.
Import ListNotations.
Open Scope N_scope.

(** So much was taken by the attempts of a way ([b], each counted once) whose dearest took [x]: there is room for both. *)
Definition room (r : N) (v : pair) (b x : N) : Prop := b <= fst v /\ b + r * x <= snd v.

Lemma room_mono r v w b x : ple v w -> room r v b x -> room r w b x.
Proof. unfold room, ple. lia. Qed.

Lemma room_step r v w b x c y : room r v b x -> y <= c -> ple (cell r c v) w -> room r w (b + y) (N.max x y).
Proof.
  unfold room, ple, cell. cbn [fst snd]. intros [H1 H2] Hy [H3 H4].
  assert (r * N.max x y <= r * x \/ r * N.max x y <= r * c).
  { destruct (N.max_spec x y) as [[_ ->]|[_ ->]]; [right | left; lia]. apply N.mul_le_mono_l. lia. }
  assert (c + snd v <= snd w) by lia.
  assert ((r + 1) * c + fst v <= snd w) by lia.
  assert ((r + 1) * c = r * c + c) by lia.
  split; [lia|]. destruct H; lia.
Qed.

Section One.
(** One dimension: what a request of so many tokens takes at a model. *)
Variable charge : lane -> N -> N.
Hypothesis charge_mono : forall l x y, x <= y -> charge l x <= charge l y.
Variable s : step.
Hypothesis fine : sensible s.

Let r := retries s.
Let width := (turns_of s + repairs s)%nat.
Let costs := grid charge s.
Let above : list pair := repeat (0, 0) width.

Lemma costs_length : length costs = length (rungs s).
Proof. unfold costs, grid. apply map_length. Qed.

Lemma rung_costs i : nth i costs [] = map (costs_of charge s) (nth i (rungs s) []).
Proof. unfold costs, grid. change (@nil (list N)) with (map (costs_of charge s) []) at 1. apply map_nth. Qed.

Lemma costs_of_length l : length (costs_of charge s l) = width.
Proof. unfold costs_of. rewrite app_length, !map_length, !seq_length. reflexivity. Qed.

Lemma rung_wide i : wide width (nth i costs []).
Proof.
  rewrite rung_costs. unfold wide. apply Forall_forall. intros xs H. apply in_map_iff in H.
  destruct H as (l & <- & _). apply costs_of_length.
Qed.

Lemma lane_bounds i l ln : lane_at s i l = Some ln ->
  (i < length costs)%nat /\ (l < length (nth i costs []))%nat /\ nth l (nth i costs []) [] = costs_of charge s ln.
Proof.
  unfold lane_at. intros H.
  assert (Hl : (l < length (nth i (rungs s) []))%nat) by (apply nth_error_Some; congruence).
  split; [|split].
  - rewrite costs_length. destruct (le_lt_dec (length (rungs s)) i) as [Hi|Hi]; [|exact Hi].
    rewrite nth_overflow in Hl by exact Hi. cbn in Hl. lia.
  - rewrite rung_costs, map_length. exact Hl.
  - rewrite rung_costs.
    rewrite (nth_indep _ _ (costs_of charge s ln)) by (rewrite map_length; exact Hl).
    rewrite (map_nth (costs_of charge s) (nth i (rungs s) []) ln l). f_equal.
    apply nth_error_nth. exact H.
Qed.

(** Where an attempt of a run is laid: its turn, shifted, or its repair. *)
Definition laid (j m q pos : nat) : Prop :=
  match q with
  | O => exists shift, fits (turns_of s) (calls_of s) shift j m /\ (pos + 1 = j + shift)%nat
  | _ => (pos = turns_of s + q - 1)%nat
  end.

Definition value (i l pos u q : nat) : pair :=
  join (up_to (best r (turns_of s) (repairs s) costs i) (u - q)) (cell_at r (nth i costs []) above l pos).

Definition most_of (ln : lane) (j m q : nat) : N := charge ln (tokens s ln j m q).

Lemma nth_turn ln k : (1 <= k <= turns_of s)%nat ->
  nth (k - 1) (costs_of charge s ln) 0 = charge ln (scheduled (keeps s) (turns_of s) (calls_of s) ln k).
Proof.
  intros H. unfold costs_of. rewrite app_nth1 by (rewrite map_length, seq_length; lia).
  set (f := fun t => charge ln (scheduled (keeps s) (turns_of s) (calls_of s) ln t)).
  rewrite (nth_indep _ _ (f 0%nat)) by (rewrite map_length, seq_length; lia).
  rewrite map_nth, seq_nth by lia. unfold f. do 2 f_equal. lia.
Qed.

Lemma nth_repair ln q : (1 <= q <= repairs s)%nat ->
  nth (turns_of s + q - 1) (costs_of charge s ln) 0 =
  charge ln (scheduled_repair (keeps s) (turns_of s) (calls_of s) ln q).
Proof.
  intros H. unfold costs_of. rewrite app_nth2 by (rewrite map_length, seq_length; lia).
  rewrite map_length, seq_length.
  set (f := fun t => charge ln (scheduled_repair (keeps s) (turns_of s) (calls_of s) ln t)).
  rewrite (nth_indep _ _ (f 0%nat)) by (rewrite map_length, seq_length; lia).
  rewrite map_nth, seq_nth by lia. unfold f. do 2 f_equal. lia.
Qed.

(** An attempt takes no more than the one it is laid beside. *)
Lemma most_le ln i l j m q pos : lane_at s i l = Some ln -> possible (turns_of s) (calls_of s) j m ->
  (q <= repairs s)%nat -> laid j m q pos -> most_of ln j m q <= nth pos (costs_of charge s ln) 0.
Proof.
  intros Hlane Hp Hq Hlaid. unfold most_of, tokens. destruct q as [|q]; cbn [laid] in Hlaid.
  - destruct Hlaid as (shift & Hfit & Hpos). pose proof Hfit as (A & _ & _). destruct Hp as [[P1 P2] P3].
    replace pos with (j + shift - 1)%nat by lia. rewrite nth_turn by lia.
    apply charge_mono. apply request_le; [apply (proj2 fine i l); exact Hlane | | exact Hfit].
    split; [lia | exact P3].
  - subst pos. rewrite nth_repair by lia. apply charge_mono. apply repair_le. exact Hp.
Qed.

Lemma laid_width j m q pos : possible (turns_of s) (calls_of s) j m -> (q <= repairs s)%nat -> laid j m q pos ->
  (pos < width)%nat /\ (pos <= turns_of s + q - 1)%nat.
Proof.
  intros [[P1 P2] _] Hq Hlaid. unfold width. destruct q; cbn [laid] in Hlaid.
  - destruct Hlaid as (shift & (A & _ & _) & Hpos). lia.
  - lia.
Qed.

Lemma some_laid j m q : possible (turns_of s) (calls_of s) j m -> exists pos, laid j m q pos.
Proof.
  intros Hp. destruct q; cbn [laid]; [|eauto].
  destruct (some_fit (turns_of s) (calls_of s) j m Hp) as (shift & Hfit).
  exists (j + shift - 1)%nat, shift. split; [exact Hfit|]. destruct Hp as [[P1 _] _]. lia.
Qed.

(** What holds after each attempt: wherever it is laid, what was taken so far has room. *)
Record holds (i l j m q u : nat) (b x : N) : Prop := {
  is_lane : exists ln, lane_at s i l = Some ln /\ most_of ln j m q <= x;
  is_possible : possible (turns_of s) (calls_of s) j m;
  is_counted : (q <= u <= repairs s)%nat;
  has_room : forall pos, laid j m q pos -> room r (value i l pos u q) b x
}.

Lemma above_length : length above = width. Proof. apply repeat_length. Qed.

Lemma holds_begin ln : lane_at s 0 0 = Some ln -> holds 0 0 1 0 0 0 (most_of ln 1 0 0) (most_of ln 1 0 0).
Proof.
  intros Hlane. assert (Hp : possible (turns_of s) (calls_of s) 1 0).
  { destruct fine as [F _]. unfold possible. repeat split; lia. }
  constructor; [exists ln; split; [exact Hlane | lia] | exact Hp | lia |].
  intros pos Hlaid. destruct (lane_bounds _ _ _ Hlane) as (Hi & Hl & Hn).
  destruct (laid_width _ _ _ _ Hp (Nat.le_0_l _) Hlaid) as [Hw _].
  pose proof (most_le ln 0 0 1 0 0 pos Hlane Hp (Nat.le_0_l _) Hlaid) as Hmost.
  replace (most_of ln 1 0 0) with (0 + most_of ln 1 0 0) at 1 by lia.
  replace (most_of ln 1 0 0) with (N.max 0 (most_of ln 1 0 0)) at 2 by lia.
  eapply room_step with (v := (0, 0)); [unfold room; cbn; lia | exact Hmost |].
  eapply ple_trans.
  - rewrite <- Hn. apply (cell_first r width (nth 0 costs []) above 0 pos above_length (rung_wide 0) Hl Hw).
  - unfold value. pairs. lia.
Qed.

Lemma holds_fall i l j m q u b x ln : holds i l j m q u b x -> lane_at s i (l + 1) = Some ln ->
  holds i (l + 1) j m q u (b + most_of ln j m q) (N.max x (most_of ln j m q)).
Proof.
  intros [(ln0 & Hlane0 & Hx) Hp Hu Hroom] Hlane.
  constructor; [exists ln; split; [exact Hlane | lia] | exact Hp | exact Hu |].
  intros pos Hlaid. destruct (lane_bounds _ _ _ Hlane) as (Hi & Hl & Hn).
  destruct (laid_width j m q pos Hp ltac:(lia) Hlaid) as [Hw _].
  eapply room_step; [apply Hroom; exact Hlaid | apply (most_le ln i (l + 1)); eauto; lia |].
  unfold value. eapply ple_trans; [apply join_cell|]. apply join_mono; [apply ple_refl|].
  rewrite <- Hn. replace (l + 1)%nat with (S l) in * by lia.
  apply (cell_below r width (nth i costs []) above l pos above_length (rung_wide i) Hl Hw).
Qed.

Lemma holds_turn i l j m m' u b x ln : holds i l j m 0 u b x -> lane_at s i l = Some ln ->
  (j < turns_of s)%nat -> (m < m' <= calls_of s)%nat ->
  holds i l (j + 1) m' 0 u (b + most_of ln (j + 1) m' 0) (N.max x (most_of ln (j + 1) m' 0)).
Proof.
  intros [_ Hp Hu Hroom] Hlane Hj Hm.
  assert (Hp' : possible (turns_of s) (calls_of s) (j + 1) m').
  { destruct Hp as [[P1 P2] _]. unfold possible. repeat split; lia. }
  constructor; [exists ln; split; [exact Hlane | lia] | exact Hp' | exact Hu |].
  intros pos Hlaid. destruct (lane_bounds _ _ _ Hlane) as (Hi & Hl & Hn).
  destruct (laid_width _ _ _ _ Hp' (Nat.le_0_l _) Hlaid) as [Hw _].
  pose proof (most_le ln i l (j + 1) m' 0 pos Hlane Hp' (Nat.le_0_l _) Hlaid) as Hmost.
  destruct Hlaid as (shift & Hfit & Hpos).
  assert (Hbefore : laid j m 0 (pos - 1)).
  { exists shift. split; [apply fit_before with (made' := m'); [lia | exact Hfit] | destruct Hp as [[P1 _] _]; lia]. }
  eapply room_step; [apply (Hroom _ Hbefore) | exact Hmost |].
  unfold value. eapply ple_trans; [apply join_cell|]. apply join_mono; [apply ple_refl|].
  rewrite <- Hn. destruct Hp as [[P1 _] _].
  apply (cell_right r width (nth i costs []) above l (pos - 1) pos above_length (rung_wide i) Hl). lia.
Qed.

Lemma holds_repair i l j m q u b x ln : holds i l j m q u b x -> lane_at s i l = Some ln -> (u < repairs s)%nat ->
  holds i l j m (q + 1) (u + 1) (b + most_of ln j m (q + 1)) (N.max x (most_of ln j m (q + 1))).
Proof.
  intros [_ Hp Hu Hroom] Hlane Hrep.
  constructor; [exists ln; split; [exact Hlane | lia] | exact Hp | lia |].
  intros pos Hlaid. destruct (lane_bounds _ _ _ Hlane) as (Hi & Hl & Hn).
  destruct (laid_width j m (q + 1) pos Hp ltac:(lia) Hlaid) as [Hw _].
  pose proof (most_le ln i l j m (q + 1) pos Hlane Hp ltac:(lia) Hlaid) as Hmost.
  destruct (some_laid j m q Hp) as (before & Hbefore).
  destruct (laid_width j m q before Hp ltac:(lia) Hbefore) as [_ Hb].
  assert (Hpos : pos = (turns_of s + (q + 1) - 1)%nat).
  { replace (q + 1)%nat with (S q) in Hlaid by lia. cbn [laid] in Hlaid. lia. }
  eapply room_step; [apply (Hroom _ Hbefore) | exact Hmost |].
  unfold value. replace (u + 1 - (q + 1))%nat with (u - q)%nat by lia.
  eapply ple_trans; [apply join_cell|]. apply join_mono; [apply ple_refl|].
  rewrite <- Hn. destruct fine as [[F _] _].
  apply (cell_right r width (nth i costs []) above l before pos above_length (rung_wide i) Hl). lia.
Qed.

Lemma holds_best i l j m q u b x : holds i l j m q u b x ->
  room r (up_to (best r (turns_of s) (repairs s) costs (i + 1)) u) b x.
Proof.
  intros [(ln & Hlane & _) Hp Hu Hroom]. destruct (lane_bounds _ _ _ Hlane) as (Hi & Hl & Hn).
  destruct (some_laid j m q Hp) as (pos & Hlaid).
  destruct (laid_width j m q pos Hp ltac:(lia) Hlaid) as [_ Hb].
  eapply room_mono; [|apply (Hroom _ Hlaid)].
  destruct fine as [[F _] _].
  refine (best_cell r (turns_of s) (repairs s) costs F i u q l pos Hi Hu (rung_wide i) Hl Hb).
Qed.

Lemma holds_climb i l j m q u b x ln : holds i l j m q u b x -> lane_at s (i + 1) 0 = Some ln ->
  holds (i + 1) 0 1 0 0 u (b + most_of ln 1 0 0) (N.max x (most_of ln 1 0 0)).
Proof.
  intros H Hlane. pose proof (holds_best _ _ _ _ _ _ _ _ H) as Hbest. destruct H as [_ _ Hu _].
  assert (Hp : possible (turns_of s) (calls_of s) 1 0).
  { destruct fine as [F _]. unfold possible. repeat split; lia. }
  constructor; [exists ln; split; [exact Hlane | lia] | exact Hp | lia |].
  intros pos Hlaid. destruct (lane_bounds _ _ _ Hlane) as (Hi & Hl & Hn).
  destruct (laid_width _ _ _ _ Hp (Nat.le_0_l _) Hlaid) as [Hw _].
  eapply room_step; [exact Hbest | apply (most_le ln (i + 1) 0 1 0 0 pos); auto; lia |].
  unfold value. rewrite Nat.sub_0_r.
  eapply ple_trans; [apply cell_mono, (join_l _ (0, 0))|].
  eapply ple_trans; [apply join_cell|]. apply join_mono; [apply ple_refl|].
  rewrite <- Hn. apply (cell_first r width (nth (i + 1) costs []) above 0 pos above_length (rung_wide (i + 1)) Hl Hw).
Qed.

Lemma holds_retry i l j m q u b x ln : holds i l j m q u b x -> lane_at s i l = Some ln -> most_of ln j m q <= x.
Proof. intros [(ln0 & H0 & Hx) _ _ _] H. congruence. Qed.

Lemma holds_worst i l j m q u b x t : holds i l j m q u b x -> t <= r -> b + t * x <= worst charge s.
Proof.
  intros H Ht. pose proof (holds_best _ _ _ _ _ _ _ _ H) as [_ Hroom].
  destruct H as [(ln & Hlane & _) _ Hu _]. destruct (lane_bounds _ _ _ Hlane) as (Hi & _ & _).
  destruct fine as [[F _] _].
  assert (Hbest : snd (up_to (best r (turns_of s) (repairs s) costs (i + 1)) u) <= worst charge s).
  { apply best_all; lia. }
  assert (t * x <= r * x) by (apply N.mul_le_mono_r; exact Ht). lia.
Qed.
End One.

(** * Both dimensions of a run together. *)

Definition waited (ws : list N) (t : nat) : N := fold_right N.add 0 (firstn t ws).

Lemma waited_next ws : forall t, (t < length ws)%nat -> waited ws (t + 1) = waited ws t + nth t ws 0.
Proof.
  induction ws as [|w ws IH]; intros t H; cbn in H; [lia|].
  destruct t as [|t]; unfold waited; cbn; [lia|].
  specialize (IH t ltac:(lia)). unfold waited in IH. rewrite IH. lia.
Qed.

Lemma waited_all ws t : waited ws t <= fold_right N.add 0 ws.
Proof.
  unfold waited. revert t. induction ws as [|w ws IH]; intros [|t]; cbn; try lia. specialize (IH t). lia.
Qed.

Lemma waiting_mono l x y : x <= y -> waiting l x <= waiting l y. Proof. unfold waiting. lia. Qed.

(** An attempt more: the sum grows by it, and the dearest is at least what it was. *)
Lemma dearer t x y : t * x <= t * N.max x y.
Proof. apply N.mul_le_mono_l. lia. Qed.

Ltac together :=
  unfold most_of, waiting, le, follow in *; cbn [add time] in *;
  match goal with
  | |- context [?t * N.max ?x ?y] => pose proof (dearer t x y)
  end;
  rewrite ?Nat2N.inj_add, ?N.mul_add_distr_r in *; lia.

Lemma reach_holds s : sensible s -> forall i l j m q u t c, reach s i l j m q u t c ->
  (t <= length (waits s))%nat /\
  (exists b x, holds price s i l j m q u b x /\
     add c <= b + N.of_nat t * x + N.of_nat i * add (extras s)) /\
  (exists b x, holds waiting s i l j m q u b x /\
     time c <= b + N.of_nat t * x + N.of_nat i * time (extras s) + waited (waits s) t).
Proof.
  intros Hs. pose proof price_mono as PM. pose proof waiting_mono as WM.
  intros i l j m q u t c H.
  induction H as
    [ c (ln & x & Hlane & Hx & Ha & Ht)
    | i l j m q u t c d w _ (IHt & (b & y & Hb & Hc) & (b' & y' & Hb' & Hc')) Hlt Hw (ln & x & Hlane & Hx & Ha & Ht)
    | i l j m q u t c d _ (IHt & (b & y & Hb & Hc) & (b' & y' & Hb' & Hc')) (ln & x & Hlane & Hx & Ha & Ht)
    | i l j m m' u t c d _ (IHt & (b & y & Hb & Hc) & (b' & y' & Hb' & Hc')) Hj Hm (ln & x & Hlane & Hx & Ha & Ht)
    | i l j m q u t c d _ (IHt & (b & y & Hb & Hc) & (b' & y' & Hb' & Hc')) Hu (ln & x & Hlane & Hx & Ha & Ht)
    | i l j m q u t c d e _ (IHt & (b & y & Hb & Hc) & (b' & y' & Hb' & Hc')) He (ln & x & Hlane & Hx & Ha & Ht) ];
    apply (price_mono ln) in Hx.
  - split; [lia|]. split; (eexists; eexists; split; [eapply holds_begin; eauto|]).
    + unfold most_of. lia.
    + unfold most_of, waiting, waited. cbn. lia.
  - split; [lia|].
    assert (Hy : most_of price s ln j m q <= y) by (eapply holds_retry; eauto).
    assert (Hy' : most_of waiting s ln j m q <= y') by (eapply holds_retry; eauto).
    unfold most_of, waiting in *.
    split; (eexists; eexists; split; [eauto|]); res.
    + replace (N.of_nat (t + 1) * y) with (N.of_nat t * y + y) by lia. lia.
    + rewrite waited_next by lia. replace (N.of_nat (t + 1) * y') with (N.of_nat t * y' + y') by lia. lia.
  - split; [exact IHt|]. split; (eexists; eexists; split; [eapply holds_fall; eauto|]); together.
  - split; [exact IHt|]. split; (eexists; eexists; split; [eapply holds_turn; eauto|]); together.
  - split; [exact IHt|]. split; (eexists; eexists; split; [eapply holds_repair; eauto|]); together.
  - split; [exact IHt|]. split; (eexists; eexists; split; [eapply holds_climb; eauto|]); together.
Qed.

(** The theorem of this file. *)
Theorem step_sound s c : step_run s c -> c << step_bound s.
Proof.
  intros (Hs & i & l & j & m & q & u & t & d & e & Hreach & He & Hc).
  pose proof price_mono as PM. pose proof waiting_mono as WM.
  destruct (reach_holds s Hs _ _ _ _ _ _ _ _ Hreach) as (Ht & (b & x & Hb & Hd) & (b' & x' & Hb' & Hd')).
  assert (Hr : N.of_nat t <= retries s) by (unfold retries; lia).
  pose proof (holds_worst price s Hs _ _ _ _ _ _ _ _ _ Hb Hr) as H1.
  pose proof (holds_worst waiting s Hs _ _ _ _ _ _ _ _ _ Hb' Hr) as H2.
  destruct Hb as [(ln & Hlane & _) _ _ _].
  assert (Hi : (i + 1 <= length (rungs s))%nat).
  { destruct (lane_bounds price s _ _ _ Hlane) as (Hi & _ & _). rewrite costs_length in Hi. lia. }
  pose proof (waited_all (waits s) t) as Hw.
  unfold step_bound. res.
  assert (Ha : N.of_nat i * add (extras s) + add (extras s) <= N.of_nat (length (rungs s)) * add (extras s)).
  { replace (N.of_nat i * add (extras s) + add (extras s)) with (N.of_nat (i + 1) * add (extras s)) by lia.
    apply N.mul_le_mono_r. lia. }
  assert (Hti : N.of_nat i * time (extras s) + time (extras s) <= N.of_nat (length (rungs s)) * time (extras s)).
  { replace (N.of_nat i * time (extras s) + time (extras s)) with (N.of_nat (i + 1) * time (extras s)) by lia.
    apply N.mul_le_mono_r. lia. }
  lia.
Qed.

(** One step: rungs, the models of a rung, turns, repairs, retries.

    In a rung the models stand in for each other: an attempt fails, and the next model goes on at the same turn. So a way
    through a rung climbs over cells (model, position), where positions are the turns and then the repairs. Retries repeat
    single attempts, so at worst all of them repeat the dearest one of the way. *)

From Coq Require Import NArith Arith Lia List.
Require Import Resource Turns.
Import ListNotations.
Open Scope N_scope.

Record step := Step {
  rungs : list (list lane);
  keeps : keep;
  turns_of : nat;         (* at most one more than there are calls *)
  calls_of : nat;
  repairs : nat;
  waits : list N;         (* the longest wait before each retry: as many as there are retries *)
  extras : res            (* of one rung: its tool calls, and the judgement of its answer *)
}.

Definition retries (s : step) : N := N.of_nat (length (waits s)).

(** * The bound, by dynamic programming over cells. *)

(** Without, and with all retries spent on the way. *)
Notation pair := (N * N)%type.
Definition pmax (x y : pair) : pair := (N.max (fst x) (fst y), N.max (snd x) (snd y)).
Definition cell (r c : N) (x : pair) : pair := (c + fst x, N.max (c + snd x) ((r + 1) * c + fst x)).
Definition join (x y : pair) : pair := (fst x + fst y, N.max (snd x + fst y) (fst x + snd y)).

Fixpoint row (r : N) (before : pair) (above : list pair) (costs : list N) : list pair :=
  match above, costs with
  | a :: above, c :: costs => let x := cell r c (pmax a before) in x :: row r x above costs
  | _, _ => []
  end.

(** The cells of a rung, by model and position, from the costs of single attempts. *)
Fixpoint table (r : N) (above : list pair) (costs : list (list N)) : list (list pair) :=
  match costs with
  | [] => []
  | lane :: costs => let x := row r (0, 0) above lane in x :: table r x costs
  end.

Definition last_row (positions : nat) (rows : list (list pair)) : list pair := last rows (repeat (0, 0) positions).

(** The most over a rung with at most so many turns and repairs, every model tried. *)
Definition end_of (r : N) (positions : nat) (costs : list (list N)) (k : nat) : pair :=
  nth k (last_row positions (table r (repeat (0, 0) positions) costs)) (0, 0).

(** One more rung: the repairs are shared out between those before and this one. *)
Fixpoint shared (before : nat -> pair) (here : nat -> pair) (spent h : nat) : pair :=
  let this := join (before (spent - h)%nat) (here h) in
  match h with O => this | S h' => pmax this (shared before here spent h') end.

Definition up_to (best : list pair) (n : nat) : pair := nth n best (0, 0).

Definition climb (r : N) (turns repairs : nat) (best : list pair) (costs : list (list N)) : list pair :=
  let here := fun h => end_of r (turns + repairs) costs (turns + h - 1) in
  map (fun spent => shared (up_to best) here spent spent) (seq 0 (repairs + 1)).

Definition ladder (r : N) (turns repairs : nat) (rungs : list (list (list N))) : N :=
  snd (up_to (fold_left (climb r turns repairs) rungs (repeat (0, 0) (repairs + 1))) repairs).

(** The cost of every attempt at a model, position by position: the turns, then the repairs. *)
Definition costs_of (charge : lane -> N -> N) (s : step) (l : lane) : list N :=
  map (fun t => charge l (scheduled (keeps s) (turns_of s) (calls_of s) l t)) (seq 1 (turns_of s)) ++
  map (fun q => charge l (scheduled_repair (keeps s) (turns_of s) (calls_of s) l q)) (seq 1 (repairs s)).

Definition grid (charge : lane -> N -> N) (s : step) : list (list (list N)) :=
  map (map (costs_of charge s)) (rungs s).

Definition worst (charge : lane -> N -> N) (s : step) : N :=
  ladder (retries s) (turns_of s) (repairs s) (grid charge s).

Definition waiting (l : lane) (_ : N) : N := wait l.

Definition step_bound (s : step) : res :=
  let many := N.of_nat (length (rungs s)) in
  R (worst price s + many * add (extras s))
    (worst waiting s + fold_right N.add 0 (waits s) + many * time (extras s)).

(** * Runs. *)

Definition lane_at (s : step) (i l : nat) : option lane := nth_error (nth i (rungs s) []) l.

Definition tokens (s : step) (ln : lane) (j m q : nat) : N :=
  match q with
  | O => request (keeps s) (turns_of s) (calls_of s) ln j m
  | _ => mended (keeps s) ln j m q
  end.

(** An attempt: a request of at most so many tokens was sent, and charged in full or not. *)
Definition asked (s : step) (i l j m q : nat) (c : res) : Prop :=
  exists ln x, lane_at s i l = Some ln /\ x <= tokens s ln j m q /\ add c <= price ln x /\ time c <= wait ln.

(** [reach s i l j m q u t c]: the last attempt was at rung [i], its model [l], in turn [j] after [m] calls and [q] repairs of
    this rung; so far there were [u] repairs and [t] retries, and [c] was taken. What comes next is the environment's choice. *)
Inductive reach (s : step) : nat -> nat -> nat -> nat -> nat -> nat -> nat -> res -> Prop :=
| Begin c : asked s 0 0 1 0 0 c -> reach s 0 0 1 0 0 0 0 c
| Retry i l j m q u t c d w : reach s i l j m q u t c -> (t < length (waits s))%nat -> w <= nth t (waits s) 0 ->
    asked s i l j m q d -> reach s i l j m q u (t + 1) (follow c (follow (R 0 w) d))
| FallOver i l j m q u t c d : reach s i l j m q u t c ->
    asked s i (l + 1) j m q d -> reach s i (l + 1) j m q u t (follow c d)
| Turn i l j m m' u t c d : reach s i l j m 0 u t c -> (j < turns_of s)%nat -> (m < m' <= calls_of s)%nat ->
    asked s i l (j + 1) m' 0 d -> reach s i l (j + 1) m' 0 u t (follow c d)
| Repair i l j m q u t c d : reach s i l j m q u t c -> (u < repairs s)%nat ->
    asked s i l j m (q + 1) d -> reach s i l j m (q + 1) (u + 1) t (follow c d)
| Climb i l j m q u t c d e : reach s i l j m q u t c -> e << extras s ->
    asked s (i + 1) 0 1 0 0 d -> reach s (i + 1) 0 1 0 0 u t (follow c (follow e d)).

Definition sensible (s : step) : Prop :=
  (1 <= turns_of s <= calls_of s + 1)%nat /\
  forall i l ln, lane_at s i l = Some ln -> withheld ln <= offered ln.

(** A run of a step, cut off at any moment: also in the middle of the tools and the judge of a rung. *)
Definition step_run (s : step) (c : res) : Prop :=
  sensible s /\ exists i l j m q u t d e, reach s i l j m q u t d /\ e << extras s /\ c << follow d e.

(** * The proof. *)

Definition ple (x y : pair) := fst x <= fst y /\ snd x <= snd y.
Ltac pairs := unfold ple, pmax, cell, join in *; cbn [fst snd] in *.

Lemma ple_refl x : ple x x. Proof. pairs; lia. Qed.
Lemma ple_trans x y z : ple x y -> ple y z -> ple x z. Proof. pairs; lia. Qed.
Lemma ple_zero x : ple (0, 0) x. Proof. pairs; lia. Qed.
Lemma pmax_l x y : ple x (pmax x y). Proof. pairs; lia. Qed.
Lemma pmax_r x y : ple y (pmax x y). Proof. pairs; lia. Qed.
Lemma cell_mono r c x y : ple x y -> ple (cell r c x) (cell r c y). Proof. pairs; lia. Qed.
Lemma cell_grows r c x : ple x (cell r c x). Proof. pairs; lia. Qed.
Lemma join_mono a b x y : ple a b -> ple x y -> ple (join a x) (join b y). Proof. pairs; lia. Qed.
Lemma join_l a x : ple a (join a x). Proof. pairs; lia. Qed.
Lemma join_cell r c a x : ple (cell r c (join a x)) (join a (cell r c x)). Proof. pairs; lia. Qed.

Lemma row_length r costs : forall b above, length (row r b above costs) = Nat.min (length above) (length costs).
Proof. induction costs as [|c costs IH]; intros b [|a above]; cbn; auto. Qed.

(** A cell is at least its cost beside the cell above, and beside the cell before. *)
Lemma row_step r costs : forall b above k, (k < length above)%nat -> (k < length costs)%nat ->
  ple (cell r (nth k costs 0) (nth k above (0, 0))) (nth k (row r b above costs) (0, 0)) /\
  ple (cell r (nth k costs 0) (match k with O => b | S k' => nth k' (row r b above costs) (0, 0) end))
      (nth k (row r b above costs) (0, 0)).
Proof.
  induction costs as [|c costs IH]; intros b [|a above] k Ha Hc; cbn in Ha, Hc; try lia.
  destruct k as [|k]; cbn [row nth].
  - split; apply cell_mono; [apply pmax_l | apply pmax_r].
  - specialize (IH (cell r c (pmax a b)) above k ltac:(lia) ltac:(lia)). destruct IH as [H1 H2]. split; [exact H1|].
    destruct k; exact H2.
Qed.

Lemma row_mono r b above costs : forall j k, (j <= k)%nat -> (k < length above)%nat -> (k < length costs)%nat ->
  ple (nth j (row r b above costs) (0, 0)) (nth k (row r b above costs) (0, 0)).
Proof.
  intros j k H. induction H as [|k H IH]; intros Ha Hc; [apply ple_refl|].
  eapply ple_trans; [apply IH; lia|].
  destruct (row_step r costs b above (S k) Ha Hc) as [_ H2].
  eapply ple_trans; [apply cell_grows | exact H2].
Qed.

Section Rung.
Variables (r : N) (width : nat).

Definition wide (costs : list (list N)) := Forall (fun lane => length lane = width) costs.
Definition cell_at (costs : list (list N)) (above : list pair) (l k : nat) : pair :=
  nth k (nth l (table r above costs) []) (0, 0).

Lemma table_rows costs : forall above, length above = width -> wide costs ->
  forall l, (l < length costs)%nat ->
  exists above', length above' = width /\ nth l (table r above costs) [] = row r (0, 0) above' (nth l costs []) /\
  match l with O => above' = above | S l' => above' = nth l' (table r above costs) [] end.
Proof.
  induction costs as [|lane costs IH]; intros above Ha Hw l Hl; cbn in Hl; [lia|].
  inversion Hw as [|? ? Hlane Hrest]; subst.
  destruct l as [|l].
  - exists above. cbn. auto.
  - cbn [table nth].
    assert (Hlen : length (row r (0, 0) above lane) = length lane) by (rewrite row_length; lia).
    specialize (IH (row r (0, 0) above lane)).
    destruct (IH ltac:(congruence) Hrest l ltac:(lia)) as (above' & H1 & H2 & H3).
    exists above'. repeat split; auto. destruct l; auto.
Qed.

Lemma wide_nth costs l : wide costs -> (l < length costs)%nat -> length (nth l costs []) = width.
Proof.
  intros Hw Hl. unfold wide in Hw. rewrite Forall_forall in Hw. apply Hw. apply nth_In. exact Hl.
Qed.

Lemma cell_below costs above l k : length above = width -> wide costs -> (S l < length costs)%nat -> (k < width)%nat ->
  ple (cell r (nth k (nth (S l) costs []) 0) (cell_at costs above l k)) (cell_at costs above (S l) k).
Proof.
  intros Ha Hw Hl Hk. destruct (table_rows costs above Ha Hw (S l) Hl) as (above' & H1 & H2 & H3).
  unfold cell_at. rewrite H2. rewrite <- H3.
  assert (Hc : length (nth (S l) costs []) = width) by (apply wide_nth; auto).
  destruct (row_step r (nth (S l) costs []) (0, 0) above' k ltac:(lia) ltac:(lia)) as [H _]. exact H.
Qed.

Lemma cell_right costs above l j k : length above = width -> wide costs -> (l < length costs)%nat -> (j < k < width)%nat ->
  ple (cell r (nth k (nth l costs []) 0) (cell_at costs above l j)) (cell_at costs above l k).
Proof.
  intros Ha Hw Hl Hk. destruct (table_rows costs above Ha Hw l Hl) as (above' & H1 & H2 & H3).
  unfold cell_at. rewrite H2.
  assert (Hc : length (nth l costs []) = width) by (apply wide_nth; auto).
  destruct k as [|k]; [lia|].
  destruct (row_step r (nth l costs []) (0, 0) above' (S k) ltac:(lia) ltac:(lia)) as [_ H].
  eapply ple_trans; [|exact H]. apply cell_mono. apply row_mono; lia.
Qed.

Lemma cell_first costs above l k : length above = width -> wide costs -> (l < length costs)%nat -> (k < width)%nat ->
  ple (cell r (nth k (nth l costs []) 0) (0, 0)) (cell_at costs above l k).
Proof.
  intros Ha Hw Hl Hk. destruct (table_rows costs above Ha Hw l Hl) as (above' & H1 & H2 & H3).
  unfold cell_at. rewrite H2.
  assert (Hc : length (nth l costs []) = width) by (apply wide_nth; auto).
  destruct (row_step r (nth l costs []) (0, 0) above' k ltac:(lia) ltac:(lia)) as [H _].
  eapply ple_trans; [|exact H]. apply cell_mono. apply ple_zero.
Qed.

Lemma cell_mono_right costs above l j k : length above = width -> wide costs -> (l < length costs)%nat ->
  (j <= k < width)%nat -> ple (cell_at costs above l j) (cell_at costs above l k).
Proof.
  intros Ha Hw Hl Hk. destruct (Nat.eq_dec j k) as [->|Hne]; [apply ple_refl|].
  eapply ple_trans; [apply cell_grows | apply cell_right; auto; lia].
Qed.

Lemma cell_mono_down costs above : length above = width -> wide costs -> forall l l' k, (l <= l')%nat ->
  (l' < length costs)%nat -> (k < width)%nat -> ple (cell_at costs above l k) (cell_at costs above l' k).
Proof.
  intros Ha Hw l l' k H. induction H as [|l' H IH]; intros Hl Hk; [apply ple_refl|].
  eapply ple_trans; [apply IH; lia|].
  eapply ple_trans; [apply cell_grows | apply cell_below; auto].
Qed.

Lemma table_length costs : forall above, length (table r above costs) = length costs.
Proof. induction costs; intros; cbn; auto. Qed.

Lemma last_nth {A} (xs : list A) d : xs <> [] -> last xs d = nth (length xs - 1) xs d.
Proof.
  induction xs as [|x xs IH]; intros H; [congruence|].
  destruct xs as [|y xs]; [reflexivity|].
  change (last (x :: y :: xs) d) with (last (y :: xs) d). rewrite IH by congruence.
  cbn [length]. replace (S (S (length xs)) - 1)%nat with (S (S (length xs) - 1))%nat by lia. reflexivity.
Qed.

Lemma cell_end costs l j k : wide costs -> (l < length costs)%nat -> (j <= k < width)%nat ->
  ple (cell_at costs (repeat (0, 0) width) l j) (end_of r width costs k).
Proof.
  intros Hw Hl Hk. unfold end_of, last_row.
  assert (Hne : table r (repeat (0, 0) width) costs <> []) by (destruct costs; cbn in *; [lia | congruence]).
  rewrite last_nth by exact Hne. rewrite table_length.
  assert (Ha : length (repeat (0%N, 0%N) width) = width) by apply repeat_length.
  eapply ple_trans; [apply (cell_mono_right costs _ l j k); auto|].
  rewrite (nth_indep _ _ []) by (rewrite table_length; lia).
  change (ple (cell_at costs (repeat (0, 0) width) l k) (cell_at costs (repeat (0, 0) width) (length costs - 1) k)).
  apply cell_mono_down; auto; lia.
Qed.
End Rung.

(** * Rungs. *)

Lemma shared_le before here spent h k : (k <= h)%nat -> ple (join (before (spent - k)%nat) (here k)) (shared before here spent h).
Proof.
  induction h as [|h IH]; intros H; cbn [shared].
  - replace k with 0%nat by lia. apply ple_refl.
  - destruct (Nat.eq_dec k (S h)) as [->|Hne]; [apply pmax_l|].
    eapply ple_trans; [apply IH; lia | apply pmax_r].
Qed.

Section Ladder.
Variables (r : N) (turns repairs : nat) (costs : list (list (list N))).
Hypothesis one_turn : (1 <= turns)%nat.

Definition best (i : nat) : list pair :=
  fold_left (climb r turns repairs) (firstn i costs) (repeat (0, 0) (repairs + 1)).

Lemma best_next i : (i < length costs)%nat -> best (i + 1) = climb r turns repairs (best i) (nth i costs []).
Proof.
  intros H. unfold best.
  assert (firstn (i + 1) costs = firstn i costs ++ [nth i costs []]) as ->.
  { clear -H. revert i H. induction costs as [|c cs IH]; intros i H; cbn in H; [lia|].
    destruct i as [|i]; cbn; [reflexivity|]. f_equal. apply IH. lia. }
  rewrite fold_left_app. reflexivity.
Qed.

Lemma climb_nth b cs u : (u <= repairs)%nat ->
  up_to (climb r turns repairs b cs) u =
  shared (up_to b) (fun h => end_of r (turns + repairs) cs (turns + h - 1)) u u.
Proof.
  intros H. unfold up_to, climb.
  set (f := fun spent => shared (fun n => nth n b (0, 0)) (fun h => end_of r (turns + repairs) cs (turns + h - 1)) spent spent).
  rewrite (nth_indep _ _ (f 0%nat)) by (rewrite map_length, seq_length; lia).
  change (map (fun spent => shared (up_to b) (fun h => end_of r (turns + repairs) cs (turns + h - 1)) spent spent) (seq 0 (repairs + 1)))
    with (map f (seq 0 (repairs + 1))).
  rewrite map_nth, seq_nth by lia. reflexivity.
Qed.

Lemma best_cell i u q l pos : (i < length costs)%nat -> (q <= u <= repairs)%nat ->
  wide (turns + repairs) (nth i costs []) -> (l < length (nth i costs []))%nat -> (pos <= turns + q - 1)%nat ->
  ple (join (up_to (best i) (u - q)) (cell_at r (nth i costs []) (repeat (0, 0) (turns + repairs)) l pos))
      (up_to (best (i + 1)) u).
Proof.
  intros Hi Hq Hw Hl Hpos. rewrite best_next by exact Hi. rewrite climb_nth by lia.
  eapply ple_trans; [|apply (shared_le _ _ u u q); lia].
  apply join_mono; [apply ple_refl|]. apply cell_end; auto. lia.
Qed.

Lemma best_more i u : (i < length costs)%nat -> (u <= repairs)%nat -> ple (up_to (best i) u) (up_to (best (i + 1)) u).
Proof.
  intros Hi Hu. rewrite best_next by exact Hi. rewrite climb_nth by lia.
  eapply ple_trans; [apply join_l|]. eapply ple_trans; [|apply (shared_le _ _ u u 0); lia].
  rewrite Nat.sub_0_r. apply ple_refl.
Qed.

Lemma shared_mono f g here h u u' : (forall k, (k <= h)%nat -> ple (f (u - k)%nat) (g (u' - k)%nat)) ->
  ple (shared f here u h) (shared g here u' h).
Proof.
  induction h as [|h IH]; intros H; cbn [shared].
  - apply join_mono; [apply H; lia | apply ple_refl].
  - assert (A : ple (join (f (u - S h)%nat) (here (S h))) (join (g (u' - S h)%nat) (here (S h))))
      by (apply join_mono; [apply H; lia | apply ple_refl]).
    assert (B : ple (shared f here u h) (shared g here u' h)) by (apply IH; intros; apply H; lia).
    revert A B. generalize (join (f (u - S h)%nat) (here (S h))) (join (g (u' - S h)%nat) (here (S h)))
      (shared f here u h) (shared g here u' h). intros. pairs. lia.
Qed.

Lemma shared_wider f here u h h' : (h <= h')%nat -> ple (shared f here u h) (shared f here u h').
Proof. intros H. induction H as [|h' H IH]; [apply ple_refl|]. cbn [shared]. eapply ple_trans; [exact IH | apply pmax_r]. Qed.

Lemma best_spent i : (i <= length costs)%nat -> forall u u', (u <= u' <= repairs)%nat ->
  ple (up_to (best i) u) (up_to (best i) u').
Proof.
  induction i as [|i IH]; intros Hi u u' Hu.
  - unfold best, up_to. cbn [firstn fold_left]. rewrite !nth_repeat. apply ple_refl.
  - replace (S i) with (i + 1)%nat by lia. rewrite best_next by lia. rewrite !climb_nth by lia.
    eapply ple_trans; [|apply (shared_wider _ _ u' u u'); lia].
    apply shared_mono. intros k Hk. apply IH; lia.
Qed.

Lemma best_all i u : (i <= length costs)%nat -> (u <= repairs)%nat ->
  snd (up_to (best i) u) <= ladder r turns repairs costs.
Proof.
  intros Hi Hu.
  assert (Hmore : forall d, (i + d <= length costs)%nat ->
    ple (up_to (best i) repairs) (up_to (best (i + d)) repairs)).
  { induction d as [|d IH]; intros Hd.
    - rewrite Nat.add_0_r. apply ple_refl.
    - eapply ple_trans; [apply IH; lia|]. replace (i + S d)%nat with (i + d + 1)%nat by lia. apply best_more; lia. }
  assert (H : ple (up_to (best i) u) (up_to (best (length costs)) repairs)).
  { eapply ple_trans; [apply (best_spent i Hi u repairs); lia|].
    replace (length costs) with (i + (length costs - i))%nat by lia. apply Hmore. lia. }
  unfold ladder. unfold best in H at 2. rewrite firstn_all in H. exact (proj2 H).
Qed.
End Ladder.

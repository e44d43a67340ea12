(** The theorem: no run of a flow takes more than its bound, at any moment, whatever the environment does. *)

From Coq Require Import NArith Arith Bool Lia List.
Require Import Resource Turns Step StepSound Flow.
Import ListNotations.
Open Scope N_scope.

Scheme run_both := Minimality for run Sort Prop
  with places_both := Minimality for places Sort Prop.
Combined Scheme run_places from run_both, places_both.

(** What was taken by a run that ends so is within the bound for ending so. *)
Definition within (b : exits) (o : outcome) (c : res) : Prop :=
  match o with
  | Exit e => exists m, b e = Some m /\ c << m
  | Failed => c << any b
  end.

(** * Exits. *)

Lemma most_some x y c : (exists m, x = Some m /\ c << m) \/ (exists m, y = Some m /\ c << m) ->
  exists m, most x y = Some m /\ c << m.
Proof.
  intros [(m & -> & H)|(m & -> & H)].
  - destruct y as [y|]; cbn; eexists; split; [reflexivity | | reflexivity | exact H].
    eapply le_trans; [exact H | apply either_l].
  - destruct x as [x|]; cbn; eexists; split; [reflexivity | | reflexivity | exact H].
    eapply le_trans; [exact H | apply either_r].
Qed.

Lemma most_l x y c : (exists m, x = Some m /\ c << m) -> exists m, most x y = Some m /\ c << m.
Proof. intros H. apply most_some. auto. Qed.
Lemma most_r x y c : (exists m, y = Some m /\ c << m) -> exists m, most x y = Some m /\ c << m.
Proof. intros H. apply most_some. auto. Qed.

Lemma or_zero_le x c : (exists m, x = Some m /\ c << m) -> c << or_zero x.
Proof. intros (m & -> & H). exact H. Qed.

Lemma any_of (b : exits) e c : (exists m, b e = Some m /\ c << m) -> c << any b.
Proof.
  intros H. unfold any. apply or_zero_le.
  destruct e; repeat first [apply most_l; exact H | apply most_r]; exact H.
Qed.

Lemma within_any b o c : within b o c -> c << any b.
Proof. destruct o as [e|]; cbn; [apply any_of | auto]. Qed.

Lemma most_lub x y z : (forall m, x = Some m -> m << z) -> (forall m, y = Some m -> m << z) ->
  forall m, most x y = Some m -> m << z.
Proof.
  intros Hx Hy m. destruct x as [x|]; destruct y as [y|]; cbn; intros E; inversion E; subst; auto.
  apply either_lub; auto.
Qed.

(** What bounds every way to end bounds a failure. *)
Lemma any_le (b : exits) z : (forall e m, b e = Some m -> m << z) -> any b << z.
Proof.
  intros H. unfold any.
  assert (forall m, most (b Falls) (most (b Breaks) (most (b Skips) (most (b Returns) (b Escalates)))) = Some m -> m << z).
  { repeat apply most_lub; apply H. }
  destruct (most (b Falls) _) as [m|]; cbn; [auto | apply zero_le].
Qed.

Lemma any_mono (a b : exits) : (forall e m, a e = Some m -> exists m', b e = Some m' /\ m << m') -> any a << any b.
Proof. intros H. apply any_le. intros e m E. apply (any_of b e). exact (H e m E). Qed.

Lemma stays_of b e c : stayed (Exit e) = true -> (exists m, b e = Some m /\ c << m) -> c << stays b.
Proof.
  intros He H. unfold stays. apply or_zero_le. destruct e; try discriminate; [apply most_l | apply most_r]; exact H.
Qed.

Lemma stays_any b : stays b << any b.
Proof.
  unfold stays.
  assert (forall m, most (b Falls) (b Skips) = Some m -> m << any b).
  { apply most_lub; intros m E; [apply (any_of b Falls) | apply (any_of b Skips)]; exists m; split; auto using le_refl. }
  destruct (most (b Falls) (b Skips)); cbn; [auto | apply zero_le].
Qed.

Lemma within_mono (a b : exits) o c : within a o c ->
  (forall e m, a e = Some m -> exists m', b e = Some m' /\ m << m') -> within b o c.
Proof.
  intros H Hab. destruct o as [e|]; cbn in *.
  - destruct H as (m & E & Hm). destruct (Hab e m E) as (m' & E' & Hm'). eauto using le_trans.
  - eapply le_trans; [exact H | apply any_mono; exact Hab].
Qed.

Lemma union_l (a b : exits) e m : a e = Some m -> exists m', union a b e = Some m' /\ m << m'.
Proof. intros E. unfold union. apply most_l. eauto using le_refl. Qed.
Lemma union_r (a b : exits) e m : b e = Some m -> exists m', union a b e = Some m' /\ m << m'.
Proof. intros E. unfold union. apply most_r. eauto using le_refl. Qed.

Definition dimension (y : res -> N) := y = add \/ y = time.

Lemma most_attains y x z m : dimension y -> most x z = Some m ->
  exists w, (x = Some w \/ z = Some w) /\ y m <= y w.
Proof.
  intros Hy E. destruct x as [x|]; destruct z as [z|]; cbn in E; inversion E; subst.
  - destruct Hy as [-> | ->]; cbn [either add time].
    + destruct (N.max_spec (add x) (add z)) as [[_ ->]|[_ ->]]; eauto using N.le_refl.
    + destruct (N.max_spec (time x) (time z)) as [[_ ->]|[_ ->]]; eauto using N.le_refl.
  - eauto using N.le_refl.
  - eauto using N.le_refl.
Qed.

(** In each dimension, some way to end takes the most. *)
Lemma any_attained (b : exits) y : dimension y -> (exists e m, b e = Some m) ->
  exists e m, b e = Some m /\ y (any b) <= y m.
Proof.
  intros Hy (e0 & m0 & E0). unfold any.
  destruct (most (b Falls) (most (b Breaks) (most (b Skips) (most (b Returns) (b Escalates))))) as [m|] eqn:E.
  - cbn [or_zero].
    destruct (most_attains y _ _ _ Hy E) as (w & [E1|E1] & H1); [exists Falls, w; split; [exact E1 | lia]|].
    destruct (most_attains y _ _ _ Hy E1) as (w2 & [E2|E2] & H2); [exists Breaks, w2; split; [exact E2 | lia]|].
    destruct (most_attains y _ _ _ Hy E2) as (w3 & [E3|E3] & H3); [exists Skips, w3; split; [exact E3 | lia]|].
    destruct (most_attains y _ _ _ Hy E3) as (w4 & [E4|E4] & H4).
    + exists Returns, w4. split; [exact E4 | lia].
    + exists Escalates, w4. split; [exact E4 | lia].
  - exists e0, m0. split; [exact E0|]. cbn. destruct Hy as [-> | ->]; cbn; lia.
Qed.

Lemma after_within p b o c d : (exists m, p = Some m /\ c << m) -> within b o d ->
  within (after p b) o (follow c d) \/ (o = Failed /\ forall e, b e = None).
Proof.
  intros (m & -> & Hc) H. destruct o as [e|]; cbn in *.
  - left. destruct H as (m' & E & Hd). exists (follow m m'). unfold after. rewrite E. cbn.
    split; [reflexivity | apply follow_mono; auto].
  - assert (Hnone : (forall e, b e = None) \/ exists e x, b e = Some x).
    { destruct (b Falls) eqn:E1; [right; eauto|]. destruct (b Breaks) eqn:E2; [right; eauto|].
      destruct (b Skips) eqn:E3; [right; eauto|]. destruct (b Returns) eqn:E4; [right; eauto|].
      destruct (b Escalates) eqn:E5; [right; eauto|]. left. intros []; assumption. }
    destruct Hnone as [Hnone|(e0 & x0 & E0)]; [right; split; auto|].
    left.
    assert (Hsome : exists e m, b e = Some m) by eauto.
    destruct (any_attained b add (or_introl eq_refl) Hsome) as (e1 & x1 & E1 & H1).
    destruct (any_attained b time (or_intror eq_refl) Hsome) as (e2 & x2 & E2 & H2).
    assert (A1 : follow m x1 << any (after (Some m) b)).
    { apply (any_of _ e1). unfold after. rewrite E1. cbn. eauto using le_refl. }
    assert (A2 : follow m x2 << any (after (Some m) b)).
    { apply (any_of _ e2). unfold after. rewrite E2. cbn. eauto using le_refl. }
    cbn. res. lia.
Qed.

(** Every flow can end: its bound is not empty. *)
Lemma some_end f : exists e m, bound f e = Some m.
Proof.
  assert (Hmost : forall x y, (exists m : res, x = Some m) \/ (exists m, y = Some m) -> exists m, most x y = Some m).
  { intros [x|] [y|] [[m E]|[m E]]; cbn; eauto; discriminate. }
  induction f as [m|s|e| |f [ef [mf Ef]] g [eg [mg Eg]]|f [ef [mf Ef]] g [eg [mg Eg]]|f [ef [mf Ef]] g [eg [mg Eg]]
    |n p f [ef [mf Ef]]|n f [ef [mf Ef]]|f [ef [mf Ef]] g [eg [mg Eg]]|f [ef [mf Ef]]|l f [ef [mf Ef]]]; cbn.
  - exists Falls. cbn. eauto.
  - exists Falls. cbn. eauto.
  - exists e. destruct e; cbn; eauto.
  - exists Falls. cbn. eauto.
  - destruct ef.
    + exists eg. unfold union. apply Hmost. right. unfold after. rewrite Ef, Eg. cbn. eauto.
    + exists Breaks. unfold union. apply Hmost. left. cbn. eauto.
    + exists Skips. unfold union. apply Hmost. left. cbn. eauto.
    + exists Returns. unfold union. apply Hmost. left. cbn. eauto.
    + exists Escalates. unfold union. apply Hmost. left. cbn. eauto.
  - exists Falls. cbn. eauto.
  - exists ef. unfold union. apply Hmost. eauto.
  - exists Falls. cbn. eauto.
  - destruct n as [|n].
    + exists Falls. cbn. eauto.
    + destruct ef; cbn.
      * exists Falls. cbn. apply Hmost. left. rewrite Ef. cbn. eauto.
      * exists Falls. cbn. apply Hmost. right. rewrite Ef. cbn. eauto.
      * exists Skips. cbn. rewrite Ef. cbn. eauto.
      * exists Returns. cbn. rewrite Ef. cbn. eauto.
      * exists Escalates. cbn. rewrite Ef. cbn. eauto.
  - exists ef. unfold union. apply Hmost. eauto.
  - destruct ef.
    + exists Falls. apply Hmost. eauto.
    + exists Breaks. eauto.
    + exists Skips. eauto.
    + exists Falls. apply Hmost. eauto.
    + exists Escalates. eauto.
  - exists ef. rewrite Ef. cbn. eauto.
Qed.

Lemma after_sound p g o c d : (exists m, p = Some m /\ c << m) -> within (bound g) o d ->
  within (after p (bound g)) o (follow c d).
Proof.
  intros Hp Hd. destruct (after_within p (bound g) o c d Hp Hd) as [H|[_ H]]; [exact H|].
  destruct (some_end g) as (e & m & E). rewrite H in E. discriminate.
Qed.

(** * Each. *)

Definition sum_had (ws : list place) : N := fold_right (fun w t => had w + t) 0 ws.
Definition count_left (ws : list place) : N := fold_right (fun w t => (if left w then 1 else 0) + t) 0 ws.

Lemma sum_had_app a b : sum_had (a ++ b) = sum_had a + sum_had b.
Proof. unfold sum_had. induction a as [|x a IH]; cbn [app fold_right]; [reflexivity | rewrite IH; lia]. Qed.
Lemma count_left_app a b : count_left (a ++ b) = count_left a + count_left b.
Proof. unfold count_left. induction a as [|x a IH]; cbn [app fold_right]; [reflexivity | rewrite IH; lia]. Qed.

Lemma sum_had_least ws m : (forall v, In v ws -> m <= had v) -> N.of_nat (length ws) * m <= sum_had ws.
Proof.
  induction ws as [|w ws IH]; intros H; cbn [sum_had fold_right length]; [lia|].
  assert (m <= had w) by (apply H; left; reflexivity).
  assert (N.of_nat (length ws) * m <= sum_had ws) by (apply IH; intros; apply H; right; assumption).
  rewrite Nat2N.inj_succ, N.mul_succ_l. unfold sum_had in *. lia.
Qed.

Lemma ceil_covers n p : 0 < p -> n <= p * ceil n p.
Proof.
  intros H. unfold ceil.
  pose proof (N.div_mod (n + p - 1) p ltac:(lia)) as E.
  pose proof (N.mod_lt (n + p - 1) p ltac:(lia)) as L. lia.
Qed.

Lemma ceil_pos n p : 0 < p -> 0 < n -> 1 <= ceil n p.
Proof.
  intros H Hn. pose proof (ceil_covers n p H). destruct (ceil n p); lia.
Qed.

(** The place that is free first is free before the last round: otherwise every place had as many elements as there are
    rounds, and all of them were started. *)
Lemma free_in_time n p D ws w : 0 < p -> N.of_nat (length ws) = p -> sum_had ws < n ->
  (forall v, In v ws -> busy v <= had v * D) -> (forall v, In v ws -> busy w <= busy v) ->
  busy w + D <= ceil n p * D.
Proof.
  intros Hp Hlen Hk Hbusy Hmin.
  assert (Hr : 1 <= ceil n p) by (apply ceil_pos; lia).
  destruct (N.le_gt_cases (busy w) ((ceil n p - 1) * D)) as [H|H].
  - assert ((ceil n p - 1) * D + D = ceil n p * D).
    { replace (ceil n p) with (ceil n p - 1 + 1) at 2 by lia. rewrite N.mul_add_distr_r. lia. }
    lia.
  - exfalso.
    assert (Hall : forall v, In v ws -> ceil n p <= had v).
    { intros v Hv. specialize (Hbusy v Hv). specialize (Hmin v Hv).
      assert ((ceil n p - 1) * D < had v * D) by lia.
      assert (ceil n p - 1 < had v).
      { apply N.mul_lt_mono_pos_r with (p := D); [destruct D; lia | assumption]. }
      lia. }
    pose proof (sum_had_least ws _ Hall). rewrite Hlen in *.
    pose proof (ceil_covers n p Hp). lia.
Qed.

Record kept_places (n p : N) (b : exits) (ws : list place) (o : outcome) (a k : N) : Prop := {
  k_length : N.of_nat (length ws) = p;
  k_had : sum_had ws = k;
  k_most : k <= n;
  k_left : count_left ws <= k;
  k_add : a <= (k - count_left ws) * add (stays b) + count_left ws * add (any b);
  k_busy : forall v, In v ws -> busy v <= had v * time (any b);
  k_time : forall v, In v ws -> busy v <= ceil n p * time (any b);
  k_stay : count_left ws = 0 -> o = Exit Falls /\
    (forall v, In v ws -> busy v <= had v * time (stays b)) /\
    (forall v, In v ws -> busy v <= ceil n p * time (stays b));
  k_leave : 0 < count_left ws -> stayed o = false /\ (forall e, o = Exit e -> exists m, b e = Some m);
  k_alone : p = 1 -> 0 < count_left ws -> exists m, within b o m /\ 0 < k /\
    a <= (k - 1) * add (stays b) + add m /\ (forall v, In v ws -> busy v <= (k - 1) * time (stays b) + time m)
}.

Lemma count_left_length ws : count_left ws <= N.of_nat (length ws).
Proof. induction ws as [|w ws IH]; cbn [count_left fold_right length]; [lia|]. unfold count_left in IH. destruct (left w); lia. Qed.

Lemma in_swap (ws vs : list place) w w' v : In v (ws ++ w' :: vs) -> v = w' \/ In v (ws ++ w :: vs).
Proof. rewrite !in_app_iff. cbn. intuition auto. Qed.

Lemma places_start n p b ws w vs o o' a c k : 0 < p ->
  kept_places n p b (ws ++ w :: vs) o a k -> k < n -> left w = false ->
  (forall v, In v (ws ++ w :: vs) -> busy w <= busy v) ->
  (forall v, In v (ws ++ w :: vs) -> left v = true -> busy w < busy v) ->
  within b o' c ->
  kept_places n p b (ws ++ P (had w + 1) (busy w + time c) (negb (stayed o')) :: vs)
    (if stayed o' then o else o') (a + add c) (k + 1).
Proof.
  intros Hp [Hlen Hhad Hmost Hleft Hadd Hbusy Htime Hstay Hleave Halone] Hk Hw Hmin Hfree Hc.
  pose proof (within_any _ _ _ Hc) as [Ha Ht]. pose proof (stays_any b) as [Hsa Hst].
  assert (Hin : In w (ws ++ w :: vs)) by (apply in_elt).
  assert (Hfirst : busy w + time (any b) <= ceil n p * time (any b)).
  { apply (free_in_time n p _ (ws ++ w :: vs)); auto. rewrite Hhad. exact Hk. }
  set (w' := P (had w + 1) (busy w + time c) (negb (stayed o'))).
  assert (Hlen' : N.of_nat (length (ws ++ w' :: vs)) = p).
  { rewrite app_length in *. cbn [length] in *. exact Hlen. }
  assert (Hhad' : sum_had (ws ++ w' :: vs) = k + 1).
  { rewrite sum_had_app in *. unfold sum_had in *. cbn [fold_right] in *. change (had w') with (had w + 1). lia. }
  assert (Hcount : count_left (ws ++ w' :: vs) = count_left (ws ++ w :: vs) + (if stayed o' then 0 else 1)).
  { rewrite !count_left_app. unfold count_left. cbn [fold_right]. change (left w') with (negb (stayed o')). rewrite Hw.
    destruct (stayed o'); cbn [negb]; lia. }
  assert (Hbusy' : busy w + time c <= (had w + 1) * time (any b)).
  { rewrite N.mul_add_distr_r. specialize (Hbusy w Hin). lia. }
  destruct (stayed o') eqn:Eo.
  - (* it stays *)
    assert (Hs : c << stays b).
    { destruct o' as [e|]; [|discriminate]. apply (stays_of b e); [exact Eo | exact Hc]. }
    destruct Hs as [Hs1 Hs2].
    rewrite N.add_0_r in Hcount.
    constructor; auto; rewrite ?Hcount.
    + lia.
    + lia.
    + replace (k + 1 - count_left (ws ++ w :: vs)) with (k - count_left (ws ++ w :: vs) + 1) by lia.
      rewrite N.mul_add_distr_r. lia.
    + intros v Hv. destruct (in_swap _ _ w _ _ Hv) as [->|Hv']; [exact Hbusy' | apply Hbusy; exact Hv'].
    + intros v Hv. destruct (in_swap _ _ w _ _ Hv) as [->|Hv']; [change (busy w + time c <= ceil n p * time (any b)); lia | apply Htime; exact Hv'].
    + intros Hnone. destruct (Hstay Hnone) as (Ho & Hb1 & Hb2).
      assert (Hfirst' : busy w + time (stays b) <= ceil n p * time (stays b)).
      { apply (free_in_time n p _ (ws ++ w :: vs)); auto. rewrite Hhad. exact Hk. }
      split; [exact Ho | split].
      * intros v Hv. destruct (in_swap _ _ w _ _ Hv) as [->|Hv']; [|apply Hb1; exact Hv'].
        change (busy w + time c <= (had w + 1) * time (stays b)). rewrite N.mul_add_distr_r. specialize (Hb1 w Hin). lia.
      * intros v Hv. destruct (in_swap _ _ w _ _ Hv) as [->|Hv']; [change (busy w + time c <= ceil n p * time (stays b)); lia | apply Hb2; exact Hv'].
    + exact Hleave.
    + intros Hp1 Hl.
      (* with one place, nothing starts after an element has left *)
      exfalso. assert (length (ws ++ w :: vs) = 1%nat) by lia. rewrite app_length in H. cbn in H.
      destruct ws; destruct vs; cbn in H; try lia. cbn in Hl. rewrite Hw in Hl. cbn in Hl. lia.
  - (* it leaves *)
    constructor; auto; rewrite ?Hcount.
    + lia.
    + lia.
    + replace (k + 1 - (count_left (ws ++ w :: vs) + 1)) with (k - count_left (ws ++ w :: vs)) by lia.
      rewrite N.mul_add_distr_r. lia.
    + intros v Hv. destruct (in_swap _ _ w _ _ Hv) as [->|Hv']; [exact Hbusy' | apply Hbusy; exact Hv'].
    + intros v Hv. destruct (in_swap _ _ w _ _ Hv) as [->|Hv']; [change (busy w + time c <= ceil n p * time (any b)); lia | apply Htime; exact Hv'].
    + intros Hnone. lia.
    + intros _. split; [exact Eo|]. intros e ->. destruct Hc as (m & E & _). eauto.
    + intros Hp1 _. exists c. split; [exact Hc|].
      assert (length (ws ++ w :: vs) = 1%nat) by lia. rewrite app_length in H. cbn in H.
      destruct ws; destruct vs; cbn in H; try lia. cbn [app] in *.
      assert (Hnone : count_left [w] = 0) by (cbn; rewrite Hw; reflexivity).
      destruct (Hstay Hnone) as (_ & Hb1 & _). specialize (Hb1 w (or_introl eq_refl)).
      rewrite Hnone in Hadd. cbn in Hhad. split; [lia|]. split.
      * replace (k + 1 - 1) with k by lia. replace (k - 0) with k in Hadd by lia. lia.
      * intros v [<-|[]]. cbn. replace (k + 1 - 1) with k by lia. replace k with (had w) by lia. lia.
Qed.

Lemma busy_most (ws : list place) m : (forall v, In v ws -> busy v <= m) ->
  fold_right (fun w t => N.max (busy w) t) 0 ws <= m.
Proof.
  induction ws as [|w ws IH]; intros H; cbn [fold_right]; [lia|].
  assert (busy w <= m) by (apply H; left; reflexivity).
  assert (fold_right (fun w t => N.max (busy w) t) 0 ws <= m) by (apply IH; intros; apply H; right; assumption). lia.
Qed.

Lemma each_within n p f ws o a k :
  kept_places n (N.max p 1) (bound f) ws o a k ->
  within (each_exits n p (bound f)) (each_ends o) (R a (fold_right (fun w t => N.max (busy w) t) 0 ws)).
Proof.
  set (b := bound f). set (p' := N.max p 1).
  intros [Hlen Hhad Hmost Hleft Hadd Hbusy Htime Hstay Hleave Halone].
  pose proof (stays_any b) as Hsa.
  destruct (N.eq_dec (count_left ws) 0) as [Hnone|Hsome].
  - destruct (Hstay Hnone) as (-> & _ & Hb). cbn [each_ends within]. unfold each_exits. fold p'.
    eexists. split; [reflexivity|]. rewrite Hnone in Hadd.
    pose proof (busy_most ws _ Hb) as Ht. unfold times, le. cbn [add time].
    replace (k - 0) with k in Hadd by lia.
    assert (k * add (stays b) <= n * add (stays b)) by (apply N.mul_le_mono_r; exact Hmost).
    split; [lia | exact Ht].
  - assert (Hl : 0 < count_left ws) by lia. destruct (Hleave Hl) as (Hout & Hexit).
    assert (Hn : n =? 0 = false) by (apply N.eqb_neq; lia).
    (* what is taken where some element leaves, however it does *)
    assert (Hlimit : forall e m, (e = Breaks \/ e = Returns \/ e = Escalates) -> b e = Some m ->
      exists x, each_exits n p b e = Some x /\
        (p' <> 1 -> a <= add x /\ fold_right (fun w t => N.max (busy w) t) 0 ws <= time x) /\
        (p' = 1 -> x = follow (times (n - 1) (n - 1) (stays b)) m)).
    { intros e m He E. unfold each_exits. fold p'. rewrite Hn, E.
      assert (Hx : exists x, (if p' =? 1 then Some (follow (times (n - 1) (n - 1) (stays b)) m)
         else let many := N.min p' n in Some (R ((n - many) * add (stays b) + many * add (any b)) (ceil n p' * time (any b)))) = Some x
         /\ (p' <> 1 -> a <= add x /\ fold_right (fun w t => N.max (busy w) t) 0 ws <= time x)
         /\ (p' = 1 -> x = follow (times (n - 1) (n - 1) (stays b)) m)).
      { destruct (p' =? 1) eqn:Ep.
        - apply N.eqb_eq in Ep. eexists. split; [reflexivity|]. split; [lia | auto].
        - apply N.eqb_neq in Ep. eexists. split; [reflexivity|]. split; [|lia]. intros _. cbn [add time].
          split; [|apply busy_most; exact Htime].
          pose proof (count_left_length ws) as Hc. rewrite Hlen in Hc.
          set (l := count_left ws) in *.
          assert (Hlm : l <= N.min p' n) by lia.
          destruct Hsa as [Hsa _].
          remember (N.min p' n) as many. assert (Hmn : many <= n) by lia.
          assert (H1 : l * add (any b) + (many - l) * add (any b) = many * add (any b))
            by (rewrite <- N.mul_add_distr_r; f_equal; lia).
          assert (H2 : (n - many) * add (stays b) + (many - l) * add (stays b) = (n - l) * add (stays b))
            by (rewrite <- N.mul_add_distr_r; f_equal; lia).
          assert (H3 : (many - l) * add (stays b) <= (many - l) * add (any b)) by (apply N.mul_le_mono_l; exact Hsa).
          assert (H4 : (k - l) * add (stays b) <= (n - l) * add (stays b)) by (apply N.mul_le_mono_r; lia).
          lia. }
      destruct He as [->|[->| ->]]; exact Hx. }
    (* with one place *)
    assert (Hone : p' = 1 -> exists m, within b o m /\
      a <= (n - 1) * add (stays b) + add m /\
      fold_right (fun w t => N.max (busy w) t) 0 ws <= (n - 1) * time (stays b) + time m).
    { intros Ep. destruct (Halone Ep Hl) as (m & Hm & Hk & Ha & Hb). exists m. split; [exact Hm|].
      assert ((k - 1) * add (stays b) <= (n - 1) * add (stays b)) by (apply N.mul_le_mono_r; lia).
      assert ((k - 1) * time (stays b) <= (n - 1) * time (stays b)) by (apply N.mul_le_mono_r; lia).
      split; [lia|]. pose proof (busy_most ws _ Hb). lia. }
    destruct o as [e|]; [destruct e; cbn in Hout; try discriminate|]; cbn [each_ends].
    1-3: (destruct (Hexit _ eq_refl) as (m & E);
      match goal with |- within _ (Exit ?e) _ => destruct (Hlimit e m ltac:(auto) E) as (x & Ex & H1 & H2) end;
      exists x; split; [exact Ex|]; destruct (N.eq_dec p' 1) as [Ep|Ep];
      [ rewrite (H2 Ep); destruct (Hone Ep) as (c & (m' & E' & Hc) & Ha & Ht);
        rewrite E in E'; inversion E'; subst m'; res; lia
      | destruct (H1 Ep); split; assumption ]).
    (* a failure: some exit, or staying, covers it in each dimension *)
    cbn [within].
    destruct (N.eq_dec p' 1) as [Ep|Ep].
    + destruct (Hone Ep) as (m & Hm & Ha & Ht). cbn in Hm.
      assert (Hfall : times n (ceil n p') (stays b) << any (each_exits n p b)).
      { apply (any_of _ Falls). unfold each_exits. fold p'. eauto using le_refl. }
      assert (Hceil : ceil n p' = n) by (rewrite Ep; unfold ceil; rewrite N.div_1_r; lia).
      assert (Hall : forall e x, b e = Some x -> follow (times (n - 1) (n - 1) (stays b)) x << any (each_exits n p b)).
      { intros e x E. destruct e.
        - eapply le_trans; [|exact Hfall]. rewrite Hceil.
          assert (x << stays b) by (apply (stays_of b Falls); eauto using le_refl).
          assert (n * add (stays b) = (n - 1) * add (stays b) + add (stays b)).
          { replace n with (n - 1 + 1) at 1 by lia. rewrite N.mul_add_distr_r. lia. }
          assert (n * time (stays b) = (n - 1) * time (stays b) + time (stays b)).
          { replace n with (n - 1 + 1) at 1 by lia. rewrite N.mul_add_distr_r. lia. }
          res. lia.
        - destruct (Hlimit Breaks x ltac:(auto) E) as (z & Ez & _ & Hz). rewrite <- (Hz Ep). apply (any_of _ Breaks). eauto using le_refl.
        - eapply le_trans; [|exact Hfall]. rewrite Hceil.
          assert (x << stays b) by (apply (stays_of b Skips); eauto using le_refl).
          assert (n * add (stays b) = (n - 1) * add (stays b) + add (stays b)).
          { replace n with (n - 1 + 1) at 1 by lia. rewrite N.mul_add_distr_r. lia. }
          assert (n * time (stays b) = (n - 1) * time (stays b) + time (stays b)).
          { replace n with (n - 1 + 1) at 1 by lia. rewrite N.mul_add_distr_r. lia. }
          res. lia.
        - destruct (Hlimit Returns x ltac:(auto) E) as (z & Ez & _ & Hz). rewrite <- (Hz Ep). apply (any_of _ Returns). eauto using le_refl.
        - destruct (Hlimit Escalates x ltac:(auto) E) as (z & Ez & _ & Hz). rewrite <- (Hz Ep). apply (any_of _ Escalates). eauto using le_refl. }
      assert (Hsum : follow (times (n - 1) (n - 1) (stays b)) (any b) << any (each_exits n p b)).
      { pose proof (after_sound (Some (times (n - 1) (n - 1) (stays b))) f Failed
          (times (n - 1) (n - 1) (stays b)) (any b)) as H. cbn in H.
        eapply le_trans; [apply H; [eauto using le_refl | apply le_refl]|].
        apply any_le. intros e x E. unfold after in E. fold b in E. destruct (b e) as [y|] eqn:Eb; cbn in E; [|discriminate].
        inversion E; subst. apply (Hall e y Eb). }
      res. lia.
    + (* several places: if no way to end leaves, every element takes at most what staying does *)
      assert (Hexits : (exists e m, (e = Breaks \/ e = Returns \/ e = Escalates) /\ b e = Some m) \/ any b << stays b).
      { destruct (b Breaks) eqn:E1; [left; exists Breaks; eauto|]. destruct (b Returns) eqn:E2; [left; exists Returns; eauto|].
        destruct (b Escalates) eqn:E3; [left; exists Escalates; eauto 6|]. right.
        apply any_le. intros e m E. destruct e; try congruence.
        - apply (stays_of b Falls); eauto using le_refl.
        - apply (stays_of b Skips); eauto using le_refl. }
      destruct Hexits as [(e & m & He & E)|Hno].
      * destruct (Hlimit e m He E) as (x & Ex & H1 & _). destruct (H1 Ep) as [Ha Ht].
        eapply le_trans with (y := x); [split; assumption|]. apply (any_of _ e). eauto using le_refl.
      * eapply le_trans with (y := times n (ceil n p') (stays b)).
        -- pose proof (busy_most ws _ Htime) as Ht. unfold times, le. cbn [add time]. destruct Hno as [N1 N2]. split.
           ++ assert (count_left ws * add (any b) <= count_left ws * add (stays b)) by (apply N.mul_le_mono_l; exact N1).
              assert ((k - count_left ws) * add (stays b) + count_left ws * add (stays b) = k * add (stays b))
                by (rewrite <- N.mul_add_distr_r; f_equal; lia).
              assert (k * add (stays b) <= n * add (stays b)) by (apply N.mul_le_mono_r; exact Hmost). lia.
           ++ assert (ceil n p' * time (any b) <= ceil n p' * time (stays b)) by (apply N.mul_le_mono_l; exact N2). lia.
        -- apply (any_of _ Falls). unfold each_exits. fold p'. eauto using le_refl.
Qed.

(** * Loops. *)

Lemma rounds_le n x y : x << y -> times n n x << times n n y.
Proof.
  intros [H1 H2]. unfold times, le. cbn [add time]. split; apply N.mul_le_mono_l; assumption.
Qed.

Lemma times_next n x : follow x (times (N.of_nat n) (N.of_nat n) x) << times (N.of_nat (S n)) (N.of_nat (S n)) x.
Proof. unfold times, follow, le. cbn [add time]. rewrite Nat2N.inj_succ, !N.mul_succ_l. lia. Qed.

(** One round, and then the rest. *)
Lemma loop_next n b o c d m : (exists e x, b e = Some x) -> b Falls = Some m -> c << m ->
  within (loop_exits n b) o d -> within (loop_exits (S n) b) o (follow c d).
Proof.
  intros Hsome Em Hc Hd.
  assert (Hexit : forall e y, loop_exits n b e = Some y -> exists z, loop_exits (S n) b e = Some z /\ follow m y << z).
  { intros e y E. destruct n as [|n].
    - cbn in E. destruct e; cbn in E; inversion E; subst. cbn.
      rewrite Em. cbn [option_map]. apply most_l. eexists. split; [reflexivity|].
      unfold times, follow, zero, le. cbn [add time]. change (N.of_nat 1) with 1. lia.
    - cbn [loop_exits rounds_before] in *. rewrite Em in *. destruct e.
      + cbn [option_map] in *.
        destruct (b Breaks) as [z|] eqn:Ez; cbn [option_map2 most] in *; inversion E; subst; clear E;
          eexists; (split; [reflexivity|]); unfold times, follow, either, le; cbn [add time];
          cbn [rounds_before]; unfold times; cbn [add time];
          change (N.pos (Pos.of_succ_nat n)) with (N.of_nat (S n)); rewrite ?Nat2N.inj_succ, ?N.mul_succ_l; lia.
      + discriminate.
      + destruct (b Skips) as [z|]; cbn [option_map2] in *; inversion E; subst; eexists; (split; [reflexivity|]);
          unfold times, follow, le; cbn [add time]; cbn [rounds_before]; unfold times; cbn [add time];
          change (N.pos (Pos.of_succ_nat n)) with (N.of_nat (S n)); rewrite ?Nat2N.inj_succ, ?N.mul_succ_l; lia.
      + destruct (b Returns) as [z|]; cbn [option_map2] in *; inversion E; subst; eexists; (split; [reflexivity|]);
          unfold times, follow, le; cbn [add time]; cbn [rounds_before]; unfold times; cbn [add time];
          change (N.pos (Pos.of_succ_nat n)) with (N.of_nat (S n)); rewrite ?Nat2N.inj_succ, ?N.mul_succ_l; lia.
      + destruct (b Escalates) as [z|]; cbn [option_map2] in *; inversion E; subst; eexists; (split; [reflexivity|]);
          unfold times, follow, le; cbn [add time]; cbn [rounds_before]; unfold times; cbn [add time];
          change (N.pos (Pos.of_succ_nat n)) with (N.of_nat (S n)); rewrite ?Nat2N.inj_succ, ?N.mul_succ_l; lia. }
  destruct o as [e|]; cbn [within] in *.
  - destruct Hd as (y & E & Hy). destruct (Hexit e y E) as (z & Ez & Hz). exists z. split; [exact Ez|].
    eapply le_trans; [apply follow_mono; eassumption | exact Hz].
  - (* a failure: in each dimension some way to end covers it *)
    assert (Hboth : follow m (any (loop_exits n b)) << any (loop_exits (S n) b)).
    { destruct (after_within (Some m) (loop_exits n b) Failed m (any (loop_exits n b))) as [H|[_ H]];
        [eauto using le_refl | apply le_refl | |].
      - cbn [within] in H. eapply le_trans; [exact H|]. apply any_le. intros e x E. unfold after in E.
        destruct (loop_exits n b e) as [y|] eqn:Ey; cbn in E; [|discriminate]. inversion E; subst.
        destruct (Hexit e y Ey) as (z & Ez & Hz). eapply le_trans; [exact Hz|]. apply (any_of _ e). eauto using le_refl.
      - specialize (H Falls). destruct n; cbn in H; [discriminate|]. rewrite Em in H. cbn in H.
        destruct (b Breaks); discriminate. }
    eapply le_trans; [apply follow_mono; eassumption | exact Hboth].
Qed.

Lemma loop_last n b e c : e <> Falls -> (exists m, b e = Some m /\ c << m) ->
  exists x, loop_exits (S n) b (match e with Breaks => Falls | _ => e end) = Some x /\ c << x.
Proof.
  intros He (m & E & Hc).
  assert (H : forall r, c << follow r m).
  { intros r. eapply le_trans; [exact Hc | apply follow_r]. }
  destruct e; cbn; try congruence; rewrite E; cbn.
  - apply most_r. eexists. split; [reflexivity | apply H].
  - eexists. split; [reflexivity | apply H].
  - eexists. split; [reflexivity | apply H].
  - eexists. split; [reflexivity | apply H].
Qed.

Lemma loop_failed n b c : c << any b -> c << any (loop_exits (S n) b).
Proof.
  intros H. eapply le_trans; [exact H|]. apply any_le. intros e m E. destruct e.
  - apply (any_of _ Falls). cbn [loop_exits]. rewrite E. cbn [option_map]. apply most_l. eexists. split; [reflexivity|].
    unfold times, le. cbn [add time]. rewrite Nat2N.inj_succ, !N.mul_succ_l. lia.
  - destruct (loop_last n b Breaks m ltac:(congruence)) as (x & Ex & Hx); [eauto using le_refl|]. apply (any_of _ Falls). eauto.
  - destruct (loop_last n b Skips m ltac:(congruence)) as (x & Ex & Hx); [eauto using le_refl|]. apply (any_of _ Skips). eauto.
  - destruct (loop_last n b Returns m ltac:(congruence)) as (x & Ex & Hx); [eauto using le_refl|]. apply (any_of _ Returns). eauto.
  - destruct (loop_last n b Escalates m ltac:(congruence)) as (x & Ex & Hx); [eauto using le_refl|]. apply (any_of _ Escalates). eauto.
Qed.

(** * The theorem. *)

Theorem both :
  (forall f o c, run f o c -> within (bound f) o c) /\
  (forall n p f ws o a k, places n p f ws o a k -> 0 < p -> kept_places n p (bound f) ws o a k).
Proof.
  apply run_places.
  - intros f. cbn. apply zero_le.
  - intros m c H. cbn. eauto.
  - intros m c H. cbn. exact H.
  - intros s c H. cbn. eexists. split; [reflexivity | apply step_sound; exact H].
  - intros s c H. cbn. apply step_sound. exact H.
  - intros e. cbn. exists zero. split; [destruct e; reflexivity | apply le_refl].
  - cbn. eauto using le_refl.
  - intros f g o c d _ Hf _ Hg. cbn [bound].
    eapply within_mono; [apply after_sound with (c := c); [exact Hf | exact Hg]|].
    intros e m E. apply union_r. exact E.
  - intros f g o c _ Hf Ho. cbn [bound]. destruct o as [e|].
    + destruct Hf as (m & E & Hm). assert (El : leaving (bound f) e = Some m) by (destruct e; cbn; congruence).
      destruct (union_l (leaving (bound f)) (after (bound f Falls) (bound g)) e m El) as (m' & E' & Hm').
      cbn. eauto using le_trans.
    + cbn [within] in *. eapply le_trans; [exact Hf|]. apply any_le. intros e m E.
      destruct e; try (eapply (any_of _ _); apply most_l; cbn; rewrite E; eauto using le_refl; fail).
      * (* failed before it fell: the rest would have come on top *)
        destruct (some_end g) as (eg & mg & Eg). apply (any_of _ eg). apply most_r. unfold after. rewrite E, Eg. cbn.
        eexists. split; [reflexivity | apply follow_l].
      * apply (any_of _ Breaks). apply most_l. cbn. eauto using le_refl.
      * apply (any_of _ Skips). apply most_l. cbn. eauto using le_refl.
      * apply (any_of _ Returns). apply most_l. cbn. eauto using le_refl.
      * apply (any_of _ Escalates). apply most_l. cbn. eauto using le_refl.
  - intros f g c d _ Hf _ Hg. cbn [bound within only]. eexists. split; [reflexivity|].
    apply beside_mono; [exact (within_any _ _ _ Hf) | exact (within_any _ _ _ Hg)].
  - intros f g o p c d _ Hf _ Hg. cbn [bound within]. unfold any at 1. cbn.
    apply beside_mono; [exact (within_any _ _ _ Hf) | exact (within_any _ _ _ Hg)].
  - intros f g o c _ H. cbn [bound]. eapply within_mono; [exact H|]. intros e m E. apply union_l. exact E.
  - intros f g o c _ H. cbn [bound]. eapply within_mono; [exact H|]. intros e m E. apply union_r. exact E.
  - intros n p f ws o a k _ H. cbn [bound]. eapply each_within. apply H. lia.
  - intros f. cbn. eauto using le_refl.
  - intros n f o c d _ (m & E & Hc) _ Hd. cbn [bound] in *.
    apply (loop_next n (bound f) o c d m); auto. eauto.
  - intros n f c _ H. cbn [bound within]. apply (loop_last n (bound f) Breaks c); [congruence | exact H].
  - intros n f o c _ H H1 H2. cbn [bound]. destruct o as [e|].
    + cbn [within] in *. destruct e; try congruence.
      * apply (loop_last n (bound f) Skips c); [congruence | exact H].
      * apply (loop_last n (bound f) Returns c); [congruence | exact H].
      * apply (loop_last n (bound f) Escalates c); [congruence | exact H].
    + apply loop_failed. exact H.
  - intros f g o c _ H. cbn [bound]. eapply within_mono; [exact H|]. intros e m E. apply union_l. exact E.
  - intros f g o c d _ Hf _ Hg. cbn [bound]. cbn [within] in Hf.
    eapply within_mono; [apply after_sound with (c := c); [eauto | exact Hg]|].
    intros e m E. apply union_r. exact E.
  - intros f c _ H. cbn [bound within] in *. apply most_l. exact H.
  - intros f c _ H. cbn [bound within] in *. apply most_r. exact H.
  - intros f o c _ H H1 H2. cbn [bound]. destruct o as [e|].
    + cbn [within] in *. destruct e; try congruence; exact H.
    + cbn [within] in *. eapply le_trans; [exact H|]. apply any_le. intros e m E. destruct e.
      * apply (any_of _ Falls). apply most_l. eauto using le_refl.
      * apply (any_of _ Breaks). eauto using le_refl.
      * apply (any_of _ Skips). eauto using le_refl.
      * apply (any_of _ Falls). apply most_r. eauto using le_refl.
      * apply (any_of _ Escalates). eauto using le_refl.
  - intros limit f o c _ H Hl. cbn [bound]. destruct o as [e|]; cbn [within] in *.
    + destruct H as (m & E & Hm). rewrite E. cbn. eexists. split; [reflexivity|]. res. lia.
    + (* in each dimension, the way to end that takes the most *)
      destruct (any_attained (bound f) add (or_introl eq_refl) (some_end f)) as (e1 & m1 & E1 & H1).
      destruct (any_attained (bound f) time (or_intror eq_refl) (some_end f)) as (e2 & m2 & E2 & H2).
      assert (A1 : least limit m1 << any (fun e => option_map (least limit) (bound f e))).
      { apply (any_of _ e1). rewrite E1. cbn. eauto using le_refl. }
      assert (A2 : least limit m2 << any (fun e => option_map (least limit) (bound f e))).
      { apply (any_of _ e2). rewrite E2. cbn. eauto using le_refl. }
      res. lia.
  - intros n p f Hp.
    assert (Hrep : forall v m, In v (repeat (P 0 0 false) m) -> v = P 0 0 false) by (intros v m; apply repeat_spec).
    assert (Hsum : forall m, sum_had (repeat (P 0 0 false) m) = 0) by (induction m; cbn; auto).
    assert (Hcnt : forall m, count_left (repeat (P 0 0 false) m) = 0) by (induction m; cbn; auto).
    constructor; rewrite ?Hcnt; try lia.
    + rewrite repeat_length. lia.
    + apply Hsum.
    + intros v Hv. rewrite (Hrep _ _ Hv). cbn. lia.
    + intros v Hv. rewrite (Hrep _ _ Hv). cbn. lia.
    + intros _. repeat split; intros v Hv; rewrite (Hrep _ _ Hv); cbn; lia.
  - intros n p f ws w vs o o' a c k _ IH Hk Hw Hmin Hfree _ Hc Hp.
    eapply places_start; eauto.
Qed.

(** Whatever a run does, and wherever it is cut off, it has taken no more than the bound. *)
Theorem spent_within_bound f o c : run f o c -> c << any (bound f).
Proof. intros H. eapply within_any. apply both. exact H. Qed.

Print Assumptions spent_within_bound.

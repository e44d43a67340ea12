(** What a run takes, in one additive dimension and in time.

    The rules are the same for every additive dimension (cost, calls, turns, tools, input, output), so one of them is enough:
    the theorems hold for each. Numbers are whole, as they are in the compiler. *)

From Coq Require Import NArith Lia.
Open Scope N_scope.

Record res := R { add : N; time : N }.

Definition zero := R 0 0.

(** One after the other. *)
Definition follow (x y : res) := R (add x + add y) (time x + time y).

(** Side by side. *)
Definition beside (x y : res) := R (add x + add y) (N.max (time x) (time y)).

(** Either: the larger number, in each by itself. *)
Definition either (x y : res) := R (N.max (add x) (add y)) (N.max (time x) (time y)).

(** [n] times, of which [k] after each other. *)
Definition times (n k : N) (x : res) := R (n * add x) (k * time x).

(** Never more than [y], in neither. *)
Definition le (x y : res) := add x <= add y /\ time x <= time y.

(** Not more than a limit allows. *)
Definition least (x y : res) := R (N.min (add x) (add y)) (N.min (time x) (time y)).

Infix "<<" := le (at level 70).

Ltac res := unfold le, follow, beside, either, times, least, zero in *; cbn in *.

Lemma le_refl x : x << x. Proof. res; lia. Qed.
Lemma le_trans x y z : x << y -> y << z -> x << z. Proof. res; lia. Qed.
Lemma zero_le x : zero << x. Proof. res; lia. Qed.
Lemma follow_mono a b c d : a << c -> b << d -> follow a b << follow c d. Proof. res; lia. Qed.
Lemma beside_mono a b c d : a << c -> b << d -> beside a b << beside c d. Proof. res; lia. Qed.
Lemma either_l x y : x << either x y. Proof. res; lia. Qed.
Lemma either_r x y : y << either x y. Proof. res; lia. Qed.
Lemma either_lub x y z : x << z -> y << z -> either x y << z. Proof. res; lia. Qed.
Lemma follow_l x y : x << follow x y. Proof. res; lia. Qed.
Lemma follow_r x y : y << follow x y. Proof. res; lia. Qed.

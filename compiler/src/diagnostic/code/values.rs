//! Codes of constants, `fit`, trust, tests and evaluations: E0420 to E0459, E0720 to E0759.

codes! {
    E0420 "parts of a constant do not go together";
    E0421 "a constant is too large";
    E0422 "a constant that stands for itself";
}

//! Codes of constants, `fit`, trust, tests and evaluations: E0420 to E0459, E0720 to E0759.

codes! {
    E0420 "parts of a constant do not go together";
    E0421 "a constant is too large";
    E0422 "a constant that stands for itself";
    E0423 "`fit` has nothing to go by";
    E0430 "text from outside in a system message";
    E0431 "a gate that is always open";
    E0440 "a test that shows nothing";
    E0441 "what is given cannot happen";
    E0442 "nothing of a run is called so";
    E0443 "an evaluation that shows nothing";
    E0444 "no score";
    E0445 "no requirement";
    E0432 "text from outside reaches a tool that acts";
}

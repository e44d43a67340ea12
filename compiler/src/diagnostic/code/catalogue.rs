//! Codes of the catalogue and the project file: E08.

codes! {
    E0801 "not a TOML file";
    E0802 "unknown key in the project file";
    E0803 "wrong kind of value in the project file";
    E0804 "impossible value in the project file";
    E0805 "unknown model";
    E0806 "unknown provider";
    E0807 "a model lacks a fact that a budget needs";
}

//! Codes of bounds and budgets: E02.

codes! {
    E0201 "a flow can take more than its budget";
    E0202 "no finite bound";
    E0203 "a request can be larger than its `input` cap";
    E0204 "a request does not fit the model's context";
    E0205 "more rounds than are planned for";
}

//! Codes of what a project promises beside its flows: owners, `flow.lock`, comparisons, certificates, profiles: E10.

codes! {
    E1001 "a public flow has no owner";
    E1002 "`flow.lock` cannot be read";
    E1003 "`flow.lock` has unresolved merge conflicts";
    E1004 "`flow.lock` was changed by hand";
    E1005 "a ceiling grew over the accepted one";
    W1051 "facts of a model are not those that were accepted";
    W1052 "facts of a model are old";
    W1053 "a flow or step is not in `flow.lock`";
    E1012 "git cannot tell";
    E1013 "nothing to compare";
    E1014 "a widening is not approved";
    E1020 "a key cannot be used";
    E1021 "not a certificate";
    E1022 "a certificate was changed after it was signed";
    E1023 "a certificate is signed with another key";
    E1024 "a certificate no longer holds";
    E1030 "a profile cannot be read";
    E1031 "a recorded run took more than its ceiling";
    E1032 "a promise is not kept";
}

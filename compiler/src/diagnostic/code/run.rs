//! Codes of running: E09. Up to E0949 those of the runtime, from E0950 those of the command line.

codes! {
    E0901 "the input does not fit the flow";
    E0903 "no such flow";
    E0904 "the folder for data cannot be used";
    E0905 "the ledger cannot be used";
    E0906 "the ledger was made by a later version";
    E0907 "there is no ledger yet";
    E0908 "the answers cannot be played";
    E0910 "the address of the database is none";
    E0911 "a ceiling needs to know who calls";
    E0912 "a ceiling is counted in a time zone that is not known";
    E0960 "this version asks no servers of tools";
    E0961 "this version has no indexes";
    E0964 "this version does not measure tiers";
    E0967 "this version runs no evaluations";
    E0970 "the run has come to its end";
    E0971 "the run is under way in another process";
    E0972 "what the run was made of is not in the ledger";
    E0973 "the journal of the run cannot be followed";
    E0974 "the run does not wait for that";
    E0975 "the run waits for more than one thing";
    E0976 "the answer is not of the type that was asked for";
    E0977 "the time for an answer is over";
    E0978 "it is decided already";
    E0979 "the answers of the run are not given";
    W0966 "what could only save is left out";
}

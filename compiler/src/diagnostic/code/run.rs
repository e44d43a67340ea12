//! Codes of running: E09. Up to E0949 those of the runtime, from E0950 those of the command line.

codes! {
    E0901 "the input does not fit the flow";
    E0903 "no such flow";
    E0904 "the folder for data cannot be used";
    E0905 "the ledger cannot be used";
    E0906 "the ledger was made by a later version";
    E0907 "there is no ledger yet";
    E0908 "the answers cannot be played";
}

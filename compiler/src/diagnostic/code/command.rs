//! Codes of the commands themselves: E0004 to E0009 for both programs, E0950 to E0979 for `flow`, E0980 to E0999 for `flowc`.

codes! {
    E0004 "a folder where a file is expected";
    E0005 "no flow was found";
    E0006 "a file cannot be written";
    E0007 "a name that is no project name, or is taken";
    E0008 "an unknown flow";
    E0009 "an unknown code";
    E0040 "a size that no input has";
    E0041 "an unknown step";
    E0042 "a value that no parameter takes";
    E0043 "an unknown dimension";
    E0950 "the input cannot be read";
    E0951 "a limit of `--budget` cannot be read";
    E0952 "a fact of `--caller` cannot be read";
    E0954 "an unknown run";
    E0955 "the run cannot be started";
    E0956 "the weights of a model cannot be used";
    E0980 "files of several projects where one is documented";
    E0981 "a folder that holds what `flowc doc` did not write";
    E0982 "an unknown template";
    E0990 "laying a text out would change what it means";
    E0991 "laying a text out would lose a comment";
}

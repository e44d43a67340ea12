//! Codes of files, lexer, parser and names: E00, E01, E03.

codes! {
    E0001 "a file cannot be read";
    E0002 "a file is not UTF-8";
    E0003 "a file is too large";
    E0010 "a character that the language does not have";
    E0011 "text without closing quotes";
    E0012 "an unknown escape in a text";
    E0013 "a number that cannot be read";
    E0014 "an unknown unit";
    E0015 "a line of a block text stands left of its closing quotes";
    E0101 "something else was expected";
    E0102 "a bracket is not closed";
    E0103 "a bound is written with `<=`";
    E0104 "a part is missing";
    E0105 "a result stands behind `->`";
    E0106 "a word of another language";
    E0107 "a sign of another language";
    E0108 "nested too deeply";
    E0109 "an unknown clause";
    E0110 "not a declaration";
    E0111 "two things on one line";
    E0112 "a clause is given twice";
    E0113 "a clause is out of place";
    E0114 "only a `var` changes";
    E0115 "comparisons do not chain";
    E0116 "a misspelt word of the language";
    E0120 "a brace in a prompt";
    E0121 "a tag in a prompt has no beginning";
    E0122 "a tag in a prompt has no end";
    W0117 "documentation of nothing";
    E0181 "an unknown lint in a suppression";
    E0182 "a suppression that cannot be read";
    E0190 "not in this version of the language";
    E0301 "unknown name";
    E0302 "a name is taken";
    E0303 "a name is written in the wrong case";
    E0304 "a word of the language as a name";
    E0305 "a private item is imported";
    E0306 "unknown module";
    E0307 "modules import each other in a circle";
    E0309 "an import binds what its module does not take";
    E0310 "too many imports that bind something";
    W0308 "an import that nothing uses";
}

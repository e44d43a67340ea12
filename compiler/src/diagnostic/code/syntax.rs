//! Codes of files, lexer, parser and names: E00, E01, E03.

codes! {}

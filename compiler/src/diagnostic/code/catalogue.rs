//! Codes of the catalogue and the project file: E08.

codes! {}

//! Codes of running: E09.

codes! {}

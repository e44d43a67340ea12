//! Codes of types, sizes, tools and control: E04 to E07.

codes! {}

//! Codes of bounds and budgets: E02.

codes! {}

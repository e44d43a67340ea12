//! `flow_language::targets::lex` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| flow_language::targets::lex(bytes));

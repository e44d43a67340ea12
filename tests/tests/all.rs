//! The promises of flow, one module each, in one binary.

mod reference;

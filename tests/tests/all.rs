//! The promises of flow, one module each, in one binary.

mod by_hand;
mod reference;

//! Reservations. Nothing is sent without a [`Hold`], and a hold can only be made here.

use flow_compiler::cost::Resources;

/// The worst case of one attempt, reserved and durable. Its existence is the permission to send.
#[derive(Debug)]
pub struct Hold {
    attempt: String,
    reserved: Resources,
}

impl Hold {
    /// The attempt it was made for.
    #[must_use]
    pub fn attempt(&self) -> &str {
        &self.attempt
    }

    /// What is reserved.
    #[must_use]
    pub fn reserved(&self) -> &Resources {
        &self.reserved
    }
}

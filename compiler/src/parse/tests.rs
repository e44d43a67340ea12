//! What the parser makes of every construct, what it says to every mistake, and that nothing brings it down.

mod mistakes;
mod show;
mod stress;

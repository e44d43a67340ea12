//! What the parser makes of every construct, what it says to every mistake, and that nothing brings it down.

mod constructs;
mod mistakes;
mod newcomer;
mod show;
mod stress;

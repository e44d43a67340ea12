//! What the parser makes of every construct, and what it says to every mistake.

mod mistakes;
mod show;

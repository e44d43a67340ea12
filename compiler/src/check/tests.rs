//! Tests of the checker, by area; each is the smallest flow that shows the behaviour.

mod examples;
mod limits;
mod lowering;
mod mistakes;
mod modules;
mod mutations;
mod newcomer;
mod pages;

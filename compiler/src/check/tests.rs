//! Tests of the checker, by area; each is the smallest flow that shows the behaviour.

mod constants;
mod examples;
mod fit;
mod limits;
mod lowering;
mod mistakes;
mod modules;
mod mutations;
mod newcomer;
mod pages;
mod standing;
mod trust;

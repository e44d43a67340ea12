//! What a project delivers to those who review and run it, through the real `flowc`: formats, locks, comparisons, certificates.

#[path = "delivery/comparison.rs"]
mod comparison;
#[path = "delivery/contract.rs"]
mod contract;
#[path = "delivery/demonstration.rs"]
mod demonstration;
#[path = "delivery/desk.rs"]
mod desk;
#[path = "delivery/diff.rs"]
mod diff;
#[path = "delivery/formats.rs"]
mod formats;
#[path = "delivery/lock.rs"]
mod lock;
#[path = "delivery/pipelines.rs"]
mod pipelines;
#[path = "delivery/profile.rs"]
mod profile;

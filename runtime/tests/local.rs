//! Local models, with the real weights: they are pulled on first use and shared by all tests of the machine.
#![cfg(feature = "local")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[path = "local/chat.rs"]
mod chat;
#[path = "local/embeddings.rs"]
mod embeddings;
#[path = "local/engine.rs"]
mod engine;
#[path = "local/tokens.rs"]
mod tokens;

use std::path::PathBuf;

use flow_runtime::local::{LocalModels, Message, Role};
use flow_runtime::weights;
use tokio::sync::OnceCell;

const SMOLLM: &str = "smollm2-135m-instruct";
const MINILM: &str = "all-minilm-l6-v2";

/// The folder of the weights, with those of the model in it.
async fn folder_with(model: &str) -> PathBuf {
    let folder = weights::folder(&|name| std::env::var_os(name)).expect("a home");
    weights::pull(model, &folder, &()).await.expect("the weights can be fetched");
    folder
}

/// The models of this process, loaded once.
async fn models() -> &'static LocalModels {
    static MODELS: OnceCell<LocalModels> = OnceCell::const_new();
    let load = || async {
        folder_with(MINILM).await;
        LocalModels::new(folder_with(SMOLLM).await)
    };
    MODELS.get_or_init(load).await
}

fn user(text: &str) -> Message {
    Message { role: Role::User, segments: vec![text.into()] }
}

fn system(text: &str) -> Message {
    Message { role: Role::System, segments: vec![text.into()] }
}

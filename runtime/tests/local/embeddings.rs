//! Vectors of sentences.

use flow_runtime::local::LocalError;

use flow_runtime::weights::{self, State};

use super::{MINILM, folder_with, models};

fn nearness(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[tokio::test]
async fn like_is_near_and_unlike_is_far() {
    let texts = ["The invoice was charged twice.", "I paid two times for one order.", "The sky is blue today."];
    let embeddings = models().await.embed(MINILM, texts.map(String::from).to_vec()).await.unwrap();
    let [a, b, c] = embeddings.vectors.as_slice() else { panic!("three texts, three vectors") };
    assert_eq!(a.len(), 384);
    assert!((nearness(a, a) - 1.0).abs() < 1e-5);
    assert!(nearness(a, b) > 0.5 && nearness(a, c) < 0.2, "{} {}", nearness(a, b), nearness(a, c));
}

#[tokio::test]
async fn a_vector_does_not_depend_on_the_company() {
    let models = models().await;
    let texts = ["one".to_owned(), "a rather longer text about nothing in particular".to_owned()];
    let together = models.embed(MINILM, texts.to_vec()).await.unwrap();
    for (text, vector) in texts.iter().zip(&together.vectors) {
        let alone = models.embed(MINILM, vec![text.clone()]).await.unwrap();
        assert_eq!(&alone.vectors[0], vector);
    }
    let mut counted = 0;
    for text in &texts {
        counted += models.count_embedding(MINILM, text).await.unwrap();
    }
    assert_eq!(together.input_tokens, counted);
    assert_eq!(models.count_embedding(MINILM, "one").await.unwrap(), 3);
}

#[tokio::test]
async fn what_is_too_long_is_refused_and_not_cut() {
    let models = models().await;
    let long = "word ".repeat(511);
    assert_eq!(models.count_embedding(MINILM, &long).await.unwrap(), 513);
    let error = models.embed(MINILM, vec!["short".into(), long]).await.unwrap_err();
    assert_eq!(error, LocalError::TooLong { tokens: 513, context: 512 });
    assert!(models.embed(MINILM, vec!["word ".repeat(510)]).await.is_ok());
}

#[tokio::test]
async fn a_damaged_file_is_fetched_again() {
    let ours = tempfile::tempdir().unwrap();
    let theirs = weights::find(MINILM).unwrap().folder(&folder_with(MINILM).await);
    let damaged = ours.path().join(MINILM);
    std::fs::create_dir(&damaged).unwrap();
    for (name, _) in weights::find(MINILM).unwrap().hashes() {
        std::fs::copy(theirs.join(name), damaged.join(name)).unwrap();
    }
    std::fs::write(damaged.join("config.json"), "{}").unwrap();
    assert_eq!(weights::check(MINILM, ours.path()).await.unwrap(), State::Damaged("config.json"));
    weights::pull(MINILM, ours.path(), &()).await.unwrap();
    assert_eq!(weights::check(MINILM, ours.path()).await.unwrap(), State::Whole);
}

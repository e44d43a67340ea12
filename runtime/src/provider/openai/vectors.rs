//! Vectors as OpenAI's protocol sends them. In: a body. Out: one vector of unit length for each text, in the order of the texts.

use serde_json::Value;

/// The largest body of an answer with so many vectors: 16,384 numbers of 32 characters each, and a frame.
pub(in crate::provider) fn most_bytes(texts: usize) -> u64 {
    (texts as u64).saturating_mul(16_384 * 32).saturating_add(64 << 10).min(256 << 20)
}

/// The vectors of a body; `None` where one is missing, doubled, empty, of another length or not a direction.
pub(in crate::provider) fn read(body: &Value, texts: usize) -> Option<Vec<Vec<f32>>> {
    let data = body.get("data")?.as_array()?;
    if data.len() != texts {
        return None;
    }
    let mut vectors = vec![Vec::new(); texts];
    for (position, item) in data.iter().enumerate() {
        let index = item.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
        let place: &mut Vec<f32> = vectors.get_mut(index.unwrap_or(position))?;
        if !place.is_empty() {
            return None;
        }
        *place = unit(item.get("embedding")?.as_array()?)?;
    }
    let width = vectors.first().map_or(0, Vec::len);
    vectors.iter().all(|vector| !vector.is_empty() && vector.len() == width).then_some(vectors)
}

/// The numbers as a vector of length 1.
#[expect(
    clippy::cast_possible_truncation,
    reason = "vectors are compared in single precision, and no amount depends on them"
)]
fn unit(numbers: &[Value]) -> Option<Vec<f32>> {
    let numbers: Vec<f64> = numbers.iter().map(Value::as_f64).collect::<Option<_>>()?;
    let length = numbers.iter().map(|x| x * x).sum::<f64>().sqrt();
    (length.is_finite() && length > 0.0).then(|| numbers.iter().map(|x| (x / length) as f32).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn vectors_come_in_the_order_of_the_texts_and_have_length_one() {
        let body = json!({"data": [{"index": 1, "embedding": [0.0, 2.0]}, {"index": 0, "embedding": [3.0, 4.0]}]});
        assert_eq!(read(&body, 2), Some(vec![vec![0.6, 0.8], vec![0.0, 1.0]]));
    }

    #[test]
    fn what_is_missing_or_no_direction_is_refused() {
        for data in [
            json!([]),
            json!([{"embedding": [0.0, 0.0]}]),
            json!([{"embedding": []}]),
            json!([{"embedding": [1.0, "x"]}]),
            json!([{"index": 7, "embedding": [1.0]}]),
            json!([{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}]),
        ] {
            assert_eq!(read(&json!({ "data": data }), 1), None, "{data}");
        }
        let doubled = json!([{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}]);
        assert_eq!(read(&json!({ "data": doubled }), 2), None);
    }
}

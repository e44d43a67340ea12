//! Cutting what a tool returned to its declared size.

/// The first elements of a list, at most so many.
pub(super) fn head<T>(items: &[T], most: u64) -> &[T] {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    &items[..items.len().min(most)]
}

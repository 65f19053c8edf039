//! Quotients of whole numbers.

/// `part / whole` rounded half up; nothing of nothing.
pub(super) fn rounded(part: u128, whole: u128) -> Option<u128> {
    (2 * part + whole).checked_div(2 * whole)
}

/// The same to four places.
pub(super) fn ratio(part: u128, whole: u128) -> Option<f64> {
    let units = rounded(part * 10_000, whole)?;
    // A quotient of 10^15 against one would still be told exactly.
    Some(units.min(1 << 53) as f64 / 10_000.0)
}

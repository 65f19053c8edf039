//! The one source of randomness: names for leads that come without a key.

/// Sixteen bytes from the operating system.
///
/// # Panics
/// If the operating system has none to give: a lead without a name of its own must not be stored.
#[allow(clippy::panic)]
pub fn sixteen_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    if let Err(error) = getrandom::fill(&mut bytes) {
        panic!("the operating system gave no random bytes: {error}");
    }
    bytes
}

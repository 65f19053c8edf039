//! People's names as they are matched.

use crate::geo;
use crate::personal::Personal;

use super::text::{skeleton, words};

/// Lower case, NFKC and, in Chinese, without spaces; then the skeleton. `None` if nothing is left.
pub(super) fn name_key(name: &Personal) -> Option<Personal> {
    let mut key = words(name.expose());
    if geo::has_han(&key) {
        key.retain(|c| c != ' ');
    }
    (!key.is_empty()).then(|| Personal::new(skeleton(&key)))
}

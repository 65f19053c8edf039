//! The verifier of captchas: every token serves once, a repetition of the same attempt apart.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::ports::{Challenge, PortError, Solved};

/// A verifier that knows the tokens that were issued.
#[derive(Debug, Default)]
pub(super) struct Verifier {
    issued: RefCell<BTreeMap<String, Issued>>,
    down: Cell<bool>,
}

#[derive(Debug)]
struct Issued {
    solved: Solved,
    used_by: Option<[u8; 16]>,
}

impl Verifier {
    pub(super) fn issue(&self, token: &str, solved: Solved) {
        self.issued.borrow_mut().insert(token.to_owned(), Issued { solved, used_by: None });
    }

    pub(super) fn set_down(&self, down: bool) {
        self.down.set(down);
    }

    pub(super) fn verify(&self, challenge: Challenge<'_>) -> Result<Solved, PortError> {
        if self.down.get() {
            return Err(PortError::Unavailable { call: "siteverify", source: "it is down".into() });
        }
        let mut issued = self.issued.borrow_mut();
        let Some(token) = issued.get_mut(challenge.token) else { return Ok(Solved::default()) };
        if *token.used_by.get_or_insert(challenge.attempt) != challenge.attempt {
            return Ok(Solved::default());
        }
        Ok(token.solved.clone())
    }
}

//! Requests that take their turns by hand, a call at a time, so that a test decides who goes first.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::faults::Life;

/// More turns than any request takes.
const MOST_TURNS: usize = 20;

/// One request, which goes on when it is given a turn.
pub struct Request<'a, T> {
    life: Rc<Life>,
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    answer: Option<T>,
}

impl<'a, T> Request<'a, T> {
    /// A request that a process with this life serves.
    pub fn new(life: Rc<Life>, served: impl Future<Output = T> + 'a) -> Self {
        Self { life, future: Box::pin(served), answer: None }
    }

    /// One turn: at most one call.
    pub fn turn(&mut self) {
        if self.answer.is_some() || self.life.is_dead() {
            return;
        }
        if let Poll::Ready(answer) = self.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            self.answer = Some(answer);
        }
    }

    /// All turns that are left; the answer, unless the process has died.
    ///
    /// # Panics
    /// If it never answers.
    pub fn finish(mut self) -> Option<T> {
        (0..MOST_TURNS).for_each(|_| self.turn());
        assert!(self.answer.is_some() || self.life.is_dead(), "it never answers");
        self.answer
    }
}

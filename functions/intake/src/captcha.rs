//! The captcha of forms that ask for one. A visitor who did not solve it is refused; where the verifier cannot say, the
//! lead is taken, and `clean` holds it.

use leads::id::digest;
use leads::ports::{Challenge, VerifyChallenge};
use leads::problem::ProblemKind;
use leads::submission::{Captcha, Submission};
use support::batch::error_chain;

/// What came of the captcha. An error if it was not solved, on one of these hosts and for this form.
pub(crate) async fn check(
    submission: &Submission,
    token: Option<&str>,
    hosts: &[String],
    ports: &impl VerifyChallenge,
) -> Result<Captcha, ProblemKind> {
    let token = token.ok_or(ProblemKind::ChallengeFailed)?;
    // Of the token and the submission: after a lost answer the same may be sent again, and nothing else.
    let mut attempt = [0; 16];
    attempt.copy_from_slice(digest(&["captcha", token, &submission.fingerprint()]).split_at(16).0);
    let solved = match ports.verify(Challenge { token, attempt }).await {
        Ok(solved) => solved,
        Err(error) => {
            tracing::error!(error = error_chain(&error), "a captcha could not be checked, and its lead will be held");
            return Ok(Captcha::Unchecked);
        }
    };
    let here = solved.hostname.is_some_and(|host| hosts.contains(&host));
    // Pages need not say what a captcha is for.
    let action = solved.action.filter(|action| !action.is_empty());
    let for_this = action.is_none_or(|action| action == submission.form_id.as_str());
    if solved.success && here && for_this { Ok(Captcha::Solved) } else { Err(ProblemKind::ChallengeFailed) }
}

//! The origin secret: behind CloudFront, only what came through it is taken. `infra/edge.yaml` has it sent along.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use leads::problem::ProblemKind;
use subtle::{Choice, ConstantTimeEq};
use support::secrets::Replaceable;

/// The header in which CloudFront sends the secret; a visitor's own value it overwrites.
pub const HEADER: &str = "x-origin-secret";

/// Why a request is not looked at any further, if it is not. The batch route is signed and asks for nothing more.
pub fn check(event: &ApiGatewayV2httpRequest, secret: Option<&Replaceable>) -> Result<(), ProblemKind> {
    let Some(secret) = secret else { return Ok(()) };
    if event.route_key.as_deref() != Some("POST /v1/leads") {
        return Ok(());
    }
    let mut sent = event.headers.get_all(HEADER).iter();
    let (Some(sent), None) = (sent.next(), sent.next()) else { return Err(ProblemKind::NotThroughEdge) };
    // Every value is compared, and each in the same time: how long it takes tells nothing of them.
    let equal = secret.values().map(|value| value.as_bytes().ct_eq(sent.as_bytes()));
    let admitted = equal.fold(Choice::from(0), |any, equal| any | equal);
    if admitted.into() { Ok(()) } else { Err(ProblemKind::NotThroughEdge) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "POST /v1/leads";

    fn checked(secret: &str, route: &str, sent: &[&str]) -> Result<(), ProblemKind> {
        let mut event = ApiGatewayV2httpRequest::default();
        event.route_key = Some(route.to_owned());
        for value in sent {
            event.headers.append(HEADER, value.parse().unwrap());
        }
        check(&event, Some(&Replaceable::parse(secret).unwrap()))
    }

    #[test]
    fn a_form_needs_one_of_both_secrets_once() {
        let secret = r#"{"current": "new-one", "previous": "old-one"}"#;
        let refused = Err(ProblemKind::NotThroughEdge);
        let rows: [(&[&str], _); 9] = [
            (&["new-one"], Ok(())),
            (&["old-one"], Ok(())),
            (&[], refused),
            (&[""], refused),
            (&["new-on"], refused),
            (&["new-one-"], refused),
            (&["New-one"], refused),
            (&["new-one", "new-one"], refused),
            // As API Gateway hands on a header that was sent twice.
            (&["new-one,new-one"], refused),
        ];
        for (sent, expected) in rows {
            assert_eq!(checked(secret, FORM, sent), expected, "{sent:?}");
        }
    }

    #[test]
    fn an_empty_secret_opens_nothing() {
        let refused = Err(ProblemKind::NotThroughEdge);
        for secret in [r#"{"current": "new-one", "previous": ""}"#, r#"{"current": "new-one"}"#] {
            assert_eq!(checked(secret, FORM, &["new-one"]), Ok(()), "{secret}");
            assert_eq!(checked(secret, FORM, &[""]), refused, "{secret}");
            assert_eq!(checked(secret, FORM, &[]), refused, "{secret}");
        }
        assert_eq!(checked(r#"{"current": "", "previous": ""}"#, FORM, &[""]), refused);
    }

    #[test]
    fn the_signed_route_and_stacks_without_a_secret_ask_for_none() {
        assert_eq!(checked(r#"{"current": "new-one"}"#, "POST /v1/leads/batch", &[]), Ok(()));
        let mut event = ApiGatewayV2httpRequest::default();
        event.route_key = Some(FORM.to_owned());
        assert_eq!(check(&event, None), Ok(()));
    }
}

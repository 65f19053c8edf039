//! The generated documents are those of this source tree, and the OpenAPI document has the template's routes.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use leadctl::commands::docs;

fn checkout() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", ".."].iter().collect()
}

#[test]
fn they_are_up_to_date() {
    for (path, text) in docs::generated(&checkout()).unwrap() {
        let stored = std::fs::read_to_string(checkout().join(&path)).unwrap_or_default();
        assert!(stored == text, "{path} is stale: run `leadctl docs`");
    }
}

#[test]
fn they_have_the_routes_of_the_template() {
    let template = std::fs::read_to_string(checkout().join("infra/template.yaml")).unwrap();
    let routes: BTreeSet<String> =
        template.lines().filter_map(|line| Some(line.trim().strip_prefix("RouteKey:")?.trim().to_owned())).collect();
    assert_eq!(routes.len(), template.matches("AWS::ApiGatewayV2::Route\n").count());

    let document = leads::openapi::document();
    let described: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys().filter(|key| *key != "parameters");
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    assert_eq!(described, routes);
}

/// The route that forms post to is open; each of the others can be put behind a gate of API Gateway's.
#[test]
fn every_signed_route_can_have_a_gate() {
    let template = std::fs::read_to_string(checkout().join("infra/template.yaml")).unwrap();
    let gate = "      AuthorizationType: !If [HasJwtGate, JWT, !If [HasIamGate, AWS_IAM, NONE]]\n      \
                AuthorizerId: !If [HasJwtGate, !Ref JwtAuthorizer, !Ref AWS::NoValue]\n";
    let mut open = Vec::new();
    for route in template.split("AWS::ApiGatewayV2::Route\n").skip(1) {
        let properties = route.split("\n\n").next().unwrap();
        let key = properties.lines().find_map(|line| line.trim().strip_prefix("RouteKey: ")).unwrap();
        if !format!("{properties}\n").contains(gate) {
            assert!(!properties.contains("Author"), "{key} has half a gate");
            open.push(key);
        }
    }
    assert_eq!(open, ["POST /v1/leads"]);
}

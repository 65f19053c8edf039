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

//! The HTTP API: who may ask what, how often, and what is written down about it.

use super::deployed::{Deployed, Resource};
use super::{Check, Faults, said};

/// The one route that anybody may post to: forms have no key.
const OPEN: &str = "POST /v1/leads";

/// The functions that have it check signatures.
const SIGNING_SECRET: &str = "/Environment/Variables/SIGNING_SECRET";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "route-throttling",
        asks: "Every route has limits of its own, and every limit has its route.",
        otherwise: "a flood of posts takes the room of sales' answers; or the deployment fails on a route that is gone",
        mend: "give the stage's RouteSettings the route's key with ThrottlingRateLimit and ThrottlingBurstLimit",
        find: route_throttling,
    },
    Check {
        id: "stage-throttling",
        asks: "The stage has limits for what has none of its own.",
        otherwise: "the account's limit of 10,000 requests a second applies, and every other API of the account shares it",
        mend: "DefaultRouteSettings with ThrottlingRateLimit and ThrottlingBurstLimit",
        find: stage_throttling,
    },
    Check {
        id: "signed-routes",
        asks: "Every route but POST /v1/leads leads to a function that has the signing secret.",
        otherwise: "anybody who guesses an address answers for sales or reads a lead",
        mend: "point the route at a function with SIGNING_SECRET that checks the signature",
        find: signed_routes,
    },
    Check {
        id: "gated-routes",
        asks: "With SignedRoutesGate, API Gateway asks for it on every route but POST /v1/leads, and on that one not.",
        otherwise: "an operator who has switched the gate on believes a route closed that is open; or forms are told 401",
        mend: "give the route the AuthorizationType and AuthorizerId of the other signed routes",
        find: gated_routes,
    },
    Check {
        id: "exact-routes",
        asks: "Routes name their method and path.",
        otherwise: "$default, ANY or {proxy+} lets requests in that no limit, signature or document knows of",
        mend: "write out one route for each method and path",
        find: exact_routes,
    },
    Check {
        id: "cors",
        asks: "CORS names origins and headers, and allows no credentials.",
        otherwise: "any page on the Internet may post leads in its visitors' name and read the answers",
        mend: "AllowOrigins: !Ref CorsOrigins, AllowHeaders one by one, no AllowCredentials",
        find: cors,
    },
    Check {
        id: "access-log",
        asks: "The stage writes an access log to a log group of this template.",
        otherwise: "a request that API Gateway answered itself (404, 413, 429) leaves no trace",
        mend: "AccessLogSettings with DestinationArn of an AWS::Logs::LogGroup, and a Format",
        find: access_log,
    },
    Check {
        id: "access-log-personal-data",
        asks: "The access log holds no address, user agent, caller or query.",
        otherwise: "personal data lies in a log that no erasure reaches",
        mend: "take $context.identity.*, $context.authorizer.* and request values out of the Format",
        find: access_log_personal_data,
    },
    Check {
        id: "route-permission",
        asks: "The API may invoke the function of every route.",
        otherwise: "the route answers 500 for every request, and no log of ours says so",
        mend: "an AWS::Lambda::Permission on the integration's alias with the route in SourceArn",
        find: route_permission,
    },
    Check {
        id: "narrow-permission",
        asks: "A permission to invoke names a service, and the route or account that it speaks for.",
        otherwise: "any API of any account, or anybody, may run the function past signatures and limits",
        mend: "Principal apigateway.amazonaws.com with the route's own SourceArn; never Principal \"*\"",
        find: narrow_permission,
    },
];

const LIMITS: [&str; 2] = ["ThrottlingRateLimit", "ThrottlingBurstLimit"];

fn routes(stack: &Deployed) -> impl Iterator<Item = (&Resource, &str)> {
    stack.of("AWS::ApiGatewayV2::Route").map(|route| (route, route.text("/RouteKey").unwrap_or_default()))
}

fn stages(stack: &Deployed) -> impl Iterator<Item = &Resource> {
    stack.of("AWS::ApiGatewayV2::Stage")
}

fn route_throttling(stack: &Deployed, faults: &mut Faults) {
    for stage in stages(stack) {
        let settings = stage.get("/RouteSettings").and_then(|value| value.as_object());
        let limited = |key: &str| {
            let own = settings.and_then(|all| all.get(key));
            LIMITS.iter().all(|limit| own.and_then(|own| own.get(limit)).is_some_and(|value| value.is_number()))
        };
        for (route, key) in routes(stack).filter(|(_, key)| !limited(key)) {
            faults.add(route, format!("{} has no limits for {key}", stage.name));
        }
        for key in settings.into_iter().flat_map(|all| all.keys()) {
            if !routes(stack).any(|(_, routed)| routed == key) {
                faults.add(stage, format!("RouteSettings has {key}, which is no route"));
            }
        }
    }
}

fn stage_throttling(stack: &Deployed, faults: &mut Faults) {
    for stage in stages(stack) {
        for pointer in LIMITS.map(|limit| format!("/DefaultRouteSettings/{limit}")) {
            if stage.number(&pointer).is_none() {
                faults.add(stage, said(stage, &pointer));
            }
        }
    }
}

fn called<'a>(stack: &'a Deployed, route: &Resource) -> Option<&'a Resource> {
    stack.function(stack.at(route, "/Target")?.text("/IntegrationUri")?)
}

fn signed_routes(stack: &Deployed, faults: &mut Faults) {
    for (route, key) in routes(stack).filter(|(_, key)| *key != OPEN) {
        let secret = called(stack, route).and_then(|function| stack.at(function, SIGNING_SECRET));
        if secret.is_none_or(|secret| secret.kind != "AWS::SecretsManager::Secret") {
            faults.add(route, format!("{key} leads to no function with the signing secret"));
        }
    }
}

fn gated_routes(stack: &Deployed, faults: &mut Faults) {
    let gate = match stack.parameters.get("SignedRoutesGate").map(String::as_str) {
        Some("jwt") => "JWT",
        Some("iam") => "AWS_IAM",
        _ => "NONE",
    };
    for (route, key) in routes(stack) {
        let asked = route.text("/AuthorizationType").unwrap_or("NONE");
        if asked != if key == OPEN { "NONE" } else { gate } {
            faults.add(route, format!("{key} has the AuthorizationType {asked}"));
        }
        if asked == "JWT" && stack.at(route, "/AuthorizerId").is_none() {
            faults.add(route, said(route, "/AuthorizerId"));
        }
    }
}

fn exact_routes(stack: &Deployed, faults: &mut Faults) {
    for (route, key) in routes(stack) {
        if !key.contains(" /") || key.starts_with("ANY ") || key.contains("+}") {
            faults.add(route, said(route, "/RouteKey"));
        }
    }
}

fn cors(stack: &Deployed, faults: &mut Faults) {
    for api in stack.of("AWS::ApiGatewayV2::Api") {
        for pointer in ["/CorsConfiguration/AllowOrigins", "/CorsConfiguration/AllowHeaders"] {
            if api.texts(pointer).iter().any(|value| value.contains('*')) {
                faults.add(api, said(api, pointer));
            }
        }
        if api.is_true("/CorsConfiguration/AllowCredentials") {
            faults.add(api, said(api, "/CorsConfiguration/AllowCredentials"));
        }
    }
}

fn access_log(stack: &Deployed, faults: &mut Faults) {
    const GROUP: &str = "/AccessLogSettings/DestinationArn";
    for stage in stages(stack) {
        let group = stack.at(stage, GROUP).filter(|group| group.kind == "AWS::Logs::LogGroup");
        if group.is_none() || stage.text("/AccessLogSettings/Format").is_none() {
            faults.add(stage, said(stage, GROUP));
        }
    }
}

fn access_log_personal_data(stack: &Deployed, faults: &mut Faults) {
    const PERSONAL: [&str; 5] =
        ["$context.identity", "$context.authorizer", "$context.request.", "$request.", "$context.integration.request"];
    for stage in stages(stack) {
        let format = stage.text("/AccessLogSettings/Format").unwrap_or_default();
        for value in PERSONAL.iter().filter(|value| format.contains(**value)) {
            faults.add(stage, format!("AccessLogSettings.Format has {value}"));
        }
    }
}

fn route_permission(stack: &Deployed, faults: &mut Faults) {
    for (route, key) in routes(stack) {
        let Some((method, path)) = key.split_once(' ') else { continue };
        let steps = path.split('/').map(|step| if step.starts_with('{') { "*" } else { step });
        let ending = format!("/*/{method}{}", steps.collect::<Vec<_>>().join("/"));
        let integrated = stack.at(route, "/Target").and_then(|integration| integration.text("/IntegrationUri"));
        let allowed = stack.of("AWS::Lambda::Permission").any(|permission| {
            permission.text("/FunctionName") == integrated
                && permission.text("/SourceArn").is_some_and(|arn| arn.ends_with(&ending))
        });
        if !allowed {
            faults.add(route, format!("nothing lets {key} invoke {}", integrated.unwrap_or_default()));
        }
    }
}

fn narrow_permission(stack: &Deployed, faults: &mut Faults) {
    for permission in stack.of("AWS::Lambda::Permission") {
        let principal = permission.text("/Principal").unwrap_or_default();
        let source = permission.text("/SourceArn").unwrap_or_default();
        if !principal.ends_with(".amazonaws.com") {
            faults.add(permission, said(permission, "/Principal"));
        } else if principal.starts_with("apigateway.") {
            let route = source.split_once("/*/").map(|(_, route)| route);
            if stack.named(source).is_none() || route.is_none_or(|route| route.starts_with('*')) {
                faults.add(permission, said(permission, "/SourceArn"));
            }
        } else if source.is_empty() && permission.text("/SourceAccount").is_none() {
            faults.add(permission, said(permission, "/SourceArn"));
        }
    }
}

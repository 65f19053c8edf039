//! The table, and what else must outlive a mistake.

use super::deployed::{Deployed, Resource};
use super::{Check, Faults, said};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "table-recovery",
        asks: "Every table has point-in-time recovery.",
        otherwise: "a wrong script or a wrong release destroys leads for good",
        mend: "PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}",
        find: table_recovery,
    },
    Check {
        id: "table-protection",
        asks: "In prod a table refuses to be deleted.",
        otherwise: "one command deletes every lead",
        mend: "DeletionProtectionEnabled true in prod",
        find: table_protection,
    },
    Check {
        id: "retained-data",
        asks: "In prod tables and secrets stay when the stack goes; when one is replaced the old one stays in every stage.",
        otherwise: "deleting the stack, or a change of a key, deletes the leads, or the pepper without which no duplicate \
                    is found again",
        mend: "DeletionPolicy by the stage (Retain or RetainExceptOnCreate in prod), UpdateReplacePolicy: Retain",
        find: retained_data,
    },
    Check {
        id: "table-encryption",
        asks: "Every table is encrypted with a KMS key.",
        otherwise: "who reads the table leaves no trace in CloudTrail, and the data cannot be shut off by its key",
        mend: "SSESpecification: {SSEEnabled: true}",
        find: table_encryption,
    },
    Check {
        id: "table-expiry",
        asks: "Every table deletes rows by their expires_at.",
        otherwise: "idempotency rows and personal data stay for ever, and the table grows without end",
        mend: "TimeToLiveSpecification: {AttributeName: expires_at, Enabled: true}",
        find: table_expiry,
    },
    Check {
        id: "table-on-demand",
        asks: "Tables and their indexes are billed on demand.",
        otherwise: "a campaign beyond the provisioned capacity is throttled until somebody raises it",
        mend: "BillingMode: PAY_PER_REQUEST, and no ProvisionedThroughput",
        find: table_on_demand,
    },
    Check {
        id: "lean-indexes",
        asks: "An index holds keys, or the attributes that it names.",
        otherwise: "a second copy of each lead: twice the writes to pay for, and personal data in another place",
        mend: "ProjectionType KEYS_ONLY, or INCLUDE with NonKeyAttributes",
        find: lean_indexes,
    },
    Check {
        id: "one-key",
        asks: "If one queue or table is encrypted with a key of the customer's, all are, with the same key.",
        otherwise: "an operator who asked for a key of their own has leads lying under another one, and shutting the key off \
                    does not shut them off",
        mend: "give each queue KmsMasterKeyId, and each table SSESpecification.KMSMasterKeyId",
        find: one_key,
    },
];

const TABLE: &str = "AWS::DynamoDB::Table";

fn in_prod(stack: &Deployed) -> bool {
    stack.parameters.get("Stage").is_some_and(|stage| stage == "prod")
}

fn require(stack: &Deployed, faults: &mut Faults, pointer: &str) {
    for table in stack.of(TABLE).filter(|table| !table.is_true(pointer)) {
        faults.add(table, said(table, pointer));
    }
}

fn table_recovery(stack: &Deployed, faults: &mut Faults) {
    require(stack, faults, "/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled");
}

fn table_protection(stack: &Deployed, faults: &mut Faults) {
    if in_prod(stack) {
        require(stack, faults, "/DeletionProtectionEnabled");
    }
}

fn retained_data(stack: &Deployed, faults: &mut Faults) {
    for kind in [TABLE, "AWS::SecretsManager::Secret"] {
        for resource in stack.of(kind) {
            let deletion = resource.deletion.as_deref().unwrap_or("not given");
            if in_prod(stack) && !["Retain", "RetainExceptOnCreate"].contains(&deletion) {
                faults.add(resource, format!("DeletionPolicy is {deletion}"));
            }
            let replacement = resource.replacement.as_deref().unwrap_or("not given");
            if replacement != "Retain" {
                faults.add(resource, format!("UpdateReplacePolicy is {replacement}"));
            }
        }
    }
}

fn table_encryption(stack: &Deployed, faults: &mut Faults) {
    require(stack, faults, "/SSESpecification/SSEEnabled");
}

fn table_expiry(stack: &Deployed, faults: &mut Faults) {
    require(stack, faults, "/TimeToLiveSpecification/Enabled");
    for table in
        stack.of(TABLE).filter(|table| table.text("/TimeToLiveSpecification/AttributeName") != Some("expires_at"))
    {
        faults.add(table, said(table, "/TimeToLiveSpecification/AttributeName"));
    }
}

fn table_on_demand(stack: &Deployed, faults: &mut Faults) {
    for table in stack.of(TABLE).filter(|table| table.text("/BillingMode") != Some("PAY_PER_REQUEST")) {
        faults.add(table, said(table, "/BillingMode"));
    }
}

fn lean_indexes(stack: &Deployed, faults: &mut Faults) {
    for table in stack.of(TABLE) {
        for kind in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
            for place in 0..table.list(&format!("/{kind}")).len() {
                let pointer = format!("/{kind}/{place}/Projection/ProjectionType");
                if !table.text(&pointer).is_some_and(|projection| ["KEYS_ONLY", "INCLUDE"].contains(&projection)) {
                    faults.add(table, said(table, &pointer));
                }
            }
        }
    }
}

fn one_key(stack: &Deployed, faults: &mut Faults) {
    let keyed = |kind, pointer| -> Vec<(&Resource, Option<&str>, &str)> {
        let own = |value: &&str| !value.is_empty() && !value.starts_with("alias/aws/");
        stack.of(kind).map(|resource| (resource, resource.text(pointer).filter(own), pointer)).collect()
    };
    let all = [keyed("AWS::SQS::Queue", "/KmsMasterKeyId"), keyed(TABLE, "/SSESpecification/KMSMasterKeyId")].concat();
    let Some(key) = all.iter().find_map(|(_, key, _)| *key) else { return };
    for (resource, _, pointer) in all.iter().filter(|(_, own, _)| *own != Some(key)) {
        faults.add(resource, format!("{}; others have {key}", said(resource, pointer)));
    }
}

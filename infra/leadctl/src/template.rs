//! The part of `infra/template.yaml` that is generated from `infra/queues.toml`: for each queue the queue itself, its
//! dead-letter queue, the policies that demand TLS, two alarms; the policies by which functions send to them and count
//! their dead letters; and the dashboard, which shows them.

use std::fmt::Write;

use anyhow::{Result, bail};

use leads::rules::QueueKind;

use crate::dashboard;
use crate::queues::{Queues, SalesQueue};

/// The line above the generated part.
pub const BEGIN: &str = "  # >>> generated from queues.toml";
/// The line below it.
pub const END: &str = "  # <<< generated from queues.toml";

/// `template` with its generated part made anew from `queues`.
pub fn regenerate(template: &str, queues: &Queues) -> Result<String> {
    let cut = |mark: &str| match template.match_indices(&format!("\n{mark}")).collect::<Vec<_>>().as_slice() {
        [(at, _)] => Ok(*at),
        found => bail!("the template has {} lines that start with `{}`; one is needed", found.len(), mark.trim()),
    };
    let (begin, end) = (cut(BEGIN)?, cut(END)?);
    let (Some(head), Some(tail)) = (template.get(..begin), template.get(end..)) else {
        bail!("the mark `{}` stands outside the text", BEGIN.trim());
    };
    if begin > end {
        bail!("the mark `{}` stands below `{}`", BEGIN.trim(), END.trim());
    }
    Ok(format!("{head}\n{}{tail}", blocks(queues).trim_end()))
}

fn blocks(queues: &Queues) -> String {
    let mut text = format!(
        "{BEGIN}: change that file, then run `leadctl infra generate`.\n\
         \x20 # Leads travel whole in these queues, so nothing stays longer than four days, dead letters included.\n\n"
    );
    text.push_str(&policies(queues));
    for queue in &queues.queue {
        text.push_str(&block(queue));
    }
    text.push_str(DASHBOARD);
    for line in dashboard::body(queues).lines() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "        {line}");
    }
    text
}

const DASHBOARD: &str = r#"  Dashboard:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardName: !Ref AWS::StackName
      DashboardBody: !Sub |
"#;

/// What `route` and `sla` may send to, and what `reconcile` may look at. `route` tells no queue but those that leads are
/// routed to.
fn policies(queues: &Queues) -> String {
    let policy = |id: &str, what: &str, action: &str, resources: &[String]| {
        let lines: String = resources.iter().map(|id| format!("              - !GetAtt {id}.Arn\n")).collect();
        POLICY.replace("<ID>", id).replace("<WHAT>", what).replace("<ACTION>", action) + &lines + "\n"
    };
    let (leads, notices): (Vec<_>, Vec<_>) = queues.queue.iter().partition(|queue| queue.kind.takes_leads());
    let ids = |queues: &[&SalesQueue]| queues.iter().map(|queue| queue.logical_id()).collect::<Vec<_>>();
    let dead: Vec<_> = queues.queue.iter().map(|queue| queue.logical_id() + "Dlq").collect();
    let (sending, looking) = ("sqs:SendMessage", "sqs:GetQueueAttributes");
    policy("SendToSales", "Sending to every queue that leads are routed to.", sending, &ids(&leads))
        + &policy(
            "SendNotices",
            "Sending to every queue that is told of leads, and given none.",
            sending,
            &ids(&notices),
        )
        + &policy("CountDeadLetters", "Counting the dead letters of every queue that sales tools read.", looking, &dead)
}

const POLICY: &str = r#"  <ID>:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Description: <WHAT>
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: <ID>
            Effect: Allow
            Action: <ACTION>
            Resource:
"#;

fn block(queue: &SalesQueue) -> String {
    let (title, name) = (queue.title.trim(), &queue.name);
    let dlq = DLQ_ALARM.replace(
        "<WHY>",
        &folded(&format!(
            "{title}: a sales tool received a message ten times without deleting it. Mend the tool, then redrive \
             {name}-dlq; after four days the message is gone."
        )),
    );
    let age = AGE_ALARM.replace(
        "<WHY>",
        &folded(&format!(
            "{title}: a message has waited in {name} for two days; after four it is gone from the queue. Look at the \
             sales tool that reads it."
        )),
    );
    let age = if alarms_on_age(queue.kind) { age.as_str() } else { "" };
    let text = [QUEUE, &policy(""), DLQ, &policy("Dlq"), &dlq, age].concat();
    text.replace("<ID>", &queue.logical_id()).replace("<NAME>", name)
}

/// `text` as the lines of a folded YAML block, where no character needs an escape.
fn folded(text: &str) -> String {
    const INDENT: &str = "       ";
    let mut lines = vec![INDENT.to_owned()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line == INDENT || line.chars().count() + 1 + word.chars().count() <= 118 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{INDENT} {word}")),
        }
    }
    lines.join("\n")
}

/// Nobody is harmed by a nurture message or a breach notice that goes unread; a lead that waits is the thing to prevent.
fn alarms_on_age(kind: QueueKind) -> bool {
    !matches!(kind, QueueKind::Nurture | QueueKind::Breaches | QueueKind::Managers)
}

const QUEUE: &str = r#"  <ID>:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub ${AWS::StackName}-<NAME>.fifo
      FifoQueue: true
      DeduplicationScope: messageGroup
      FifoThroughputLimit: perMessageGroupId
      VisibilityTimeout: 60
      MessageRetentionPeriod: 345600
      SqsManagedSseEnabled: !If [HasKey, !Ref AWS::NoValue, true]
      KmsMasterKeyId: !If [HasKey, !Ref KmsKeyArn, !Ref AWS::NoValue]
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt <ID>Dlq.Arn
        maxReceiveCount: 10

"#;

const DLQ: &str = r#"  <ID>Dlq:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub ${AWS::StackName}-<NAME>-dlq.fifo
      FifoQueue: true
      DeduplicationScope: messageGroup
      FifoThroughputLimit: perMessageGroupId
      MessageRetentionPeriod: 345600
      SqsManagedSseEnabled: !If [HasKey, !Ref AWS::NoValue, true]
      KmsMasterKeyId: !If [HasKey, !Ref KmsKeyArn, !Ref AWS::NoValue]

"#;

/// One policy a queue: SQS takes no policy that names another queue.
fn policy(suffix: &str) -> String {
    format!(
        r#"  <ID>{suffix}Policy:
    Type: AWS::SQS::QueuePolicy
    Condition: RefusesPlainHttp
    Properties:
      Queues: [!Ref <ID>{suffix}]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: TlsOnly
            Effect: Deny
            Principal: "*"
            Action: sqs:*
            Resource: !GetAtt <ID>{suffix}.Arn
            Condition: {{Bool: {{aws:SecureTransport: "false"}}}}

"#
    )
}

const DLQ_ALARM: &str = r#"  <ID>DlqAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: >-
<WHY>
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Dimensions:
        - {Name: QueueName, Value: !GetAtt <ID>Dlq.QueueName}
      Statistic: Maximum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
      AlarmActions: [!Ref AlarmTopic]
      OKActions: [!Ref AlarmTopic]

"#;

const AGE_ALARM: &str = r#"  <ID>AgeAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: >-
<WHY>
      Namespace: AWS/SQS
      MetricName: ApproximateAgeOfOldestMessage
      Dimensions:
        - {Name: QueueName, Value: !GetAtt <ID>.QueueName}
      Statistic: Maximum
      Period: 300
      EvaluationPeriods: 1
      Threshold: 172800
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: notBreaching
      AlarmActions: [!Ref AlarmTopic]
      OKActions: [!Ref AlarmTopic]

"#;

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUES: &str = r#"
        [[queue]]
        name = "sales-cn-east"
        kind = "sales"
        title = "East China"
        [[queue]]
        name = "telemarketing"
        kind = "telemarketing"
        title = "Telemarketing"
        [[queue]]
        name = "sla-breaches"
        kind = "breaches"
        title = "Breaches"
    "#;

    #[test]
    fn the_template_in_the_tree_is_fresh() {
        let infra = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let template = std::fs::read_to_string(format!("{infra}/template.yaml")).unwrap();
        let queues = Queues::read(format!("{infra}/queues.toml").as_ref()).unwrap();
        assert!(
            regenerate(&template, &queues).unwrap() == template,
            "infra/template.yaml is stale: run `cargo run -p leadctl -- infra generate`"
        );
    }

    #[test]
    fn what_stands_around_the_marks_is_kept_and_twice_is_once() {
        let queues = Queues::parse(QUEUES).unwrap();
        let old = format!("Resources:\n  A: 1\n\n{BEGIN}\n  stale: 1\n{END}\n\n  B: 2\n");
        let new = regenerate(&old, &queues).unwrap();
        assert!(new.starts_with("Resources:\n  A: 1\n\n  # >>> generated"));
        assert!(new.ends_with(&format!("\n{END}\n\n  B: 2\n")));
        assert!(!new.contains("stale: 1"));
        assert_eq!(regenerate(&new, &queues).unwrap(), new);
    }

    #[test]
    fn each_queue_has_what_it_needs() {
        let text = blocks(&Queues::parse(QUEUES).unwrap());
        for part in [
            "\n  SalesCnEastFifo:\n",
            "\n  SalesCnEastFifoPolicy:\n",
            "\n  SalesCnEastFifoDlq:\n",
            "\n  SalesCnEastFifoDlqPolicy:\n",
            "\n  SalesCnEastFifoDlqAlarm:\n",
            "\n  SalesCnEastFifoAgeAlarm:\n",
            "QueueName: !Sub ${AWS::StackName}-sales-cn-east.fifo\n",
            "QueueName: !Sub ${AWS::StackName}-sales-cn-east-dlq.fifo\n",
            "              - !GetAtt SlaBreachesFifo.Arn\n",
        ] {
            assert!(text.contains(part), "{part}");
        }
        assert!(!text.contains("SlaBreachesFifoAgeAlarm"));
        assert!(!text.contains('<'), "a place-holder was left");
    }

    #[test]
    fn marks_that_do_not_fit_are_refused() {
        let queues = Queues::parse(QUEUES).unwrap();
        for bad in ["", "\n  # >>> generated from queues.toml\n", &format!("\n{END}\n{BEGIN}\n")] {
            assert!(regenerate(bad, &queues).is_err(), "{bad:?}");
        }
    }
}

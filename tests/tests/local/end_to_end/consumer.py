"""A sales tool that shares no code with this project: it takes one lead from its queue with boto3, checks the message
against the published schema with jsonschema, and deletes it. Prints what it found as JSON."""

import json
import sys

import boto3
import jsonschema

endpoint, region, queue, lead, schema_file = sys.argv[1:]
sqs = boto3.client(
    "sqs", endpoint_url=endpoint, region_name=region, aws_access_key_id="test", aws_secret_access_key="test"
)
url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]


def receive():
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2, MessageSystemAttributeNames=["All"]
    )
    return [m for m in answer.get("Messages", []) if m["Attributes"]["MessageGroupId"] == lead]


with open(schema_file, encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

messages = next(filter(None, (receive() for _ in range(5))), [])
bodies = [json.loads(message["Body"]) for message in messages]
problems = [error.json_path for body in bodies for error in validator.iter_errors(body)]
without_lead = [{name: value for name, value in body.items() if name != "lead"} for body in bodies]
for message in messages:
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

json.dump(
    {
        "bodies": bodies,
        "deduplication_ids": [message["Attributes"]["MessageDeduplicationId"] for message in messages],
        "problems": problems,
        "accepts_a_message_without_its_lead": any(validator.is_valid(body) for body in without_lead),
        "received_after_deletion": len(receive()),
    },
    sys.stdout,
)

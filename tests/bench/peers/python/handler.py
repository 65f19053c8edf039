"""The stage `score`, as a competent team would write it in Python: a batch of SQS messages, each answered for itself, the
same AWS calls as ours. Of the decision only a part: the phone number, runs of its digits, a sum of points, the region."""

import json
import os

import boto3
import phonenumbers
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType

TABLE = os.environ["TABLE_NAME"]
NEXT_QUEUE = os.environ["QUEUE_URL_PREFIX"] + "route-queue"
POINTS = {"immediate": 40, "three_months": 25, "six_months": 10}
INTERACTIONS = {"demo_request": 30, "quote_request": 30, "page_view": 5}
PROVINCES = {"Zhejiang": "sales-cn-east", "浙江": "sales-cn-east", "江苏": "sales-cn-east", "广东": "sales-cn-south"}
COUNTRIES = {"CN": "sales-cn-north", "中国": "sales-cn-north", "DE": "sales-europe", "US": "sales-americas"}
LONGEST_RUN = 6

logger = Logger(service="score")
dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")
processor = BatchProcessor(event_type=EventType.SQS)


def text(item, *path):
    """The text at a path of attributes, as DynamoDB writes them."""
    for name in path[:-1]:
        item = item.get(name, {}).get("M", {})
    return item.get(path[-1], {}).get("S")


def has_run(digits):
    """Whether so many digits in a row are equal or count up or down."""
    run, last = 1, None
    for digit, after in zip(digits, digits[1:]):
        step = int(after) - int(digit)
        run = run + 1 if step == last else 2
        last = step
        if run >= LONGEST_RUN and abs(step) <= 1:
            return True
    return False


def decide(submission):
    country = text(submission, "company", "country") or "CN"
    region = country if len(country) == 2 else "CN"
    doubtful = False
    if phone := text(submission, "contact", "phone"):
        try:
            number = phonenumbers.parse(phone, region)
            digits = phonenumbers.national_significant_number(number)
            doubtful = not phonenumbers.is_valid_number(number) or has_run(digits)
        except phonenumbers.NumberParseException:
            doubtful = True
    points = POINTS.get(text(submission, "interest", "horizon"), 0)
    for interaction in submission.get("tags", {}).get("M", {}).get("interaction", {}).get("L", []):
        points += INTERACTIONS.get(text(interaction["M"], "kind"), 0)
    province = text(submission, "company", "province")
    return points, doubtful, PROVINCES.get(province) or COUNTRIES.get(country, "sales-desk")


def advance(record):
    lead = json.loads(record["body"])["lead_id"]
    rows = dynamodb.query(
        TableName=TABLE,
        ConsistentRead=True,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :from AND :to",
        ExpressionAttributeValues={":pk": {"S": lead}, ":from": {"S": "state"}, ":to": {"S": "tags"}},
    )["Items"]
    state = next(row for row in rows if row["sk"]["S"] == "state")
    submission = next(row for row in rows if row["sk"]["S"] == "submission")["submission"]["M"]
    names = [text(submission, "company", "domain"), text(submission, "company", "name")]
    keys = [{"pk": {"S": f"account#{name}"}, "sk": {"S": "-"}} for name in names if name]
    if keys:
        dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": keys, "ConsistentRead": True}})
    points, doubtful, queue = decide(submission)
    version = int(state["version"]["N"])
    dynamodb.put_item(
        TableName=TABLE,
        Item=state
        | {
            "stage": {"S": "scored"},
            "version": {"N": str(version + 1)},
            "points": {"N": str(points)},
            "doubtful": {"BOOL": doubtful},
            "queue": {"S": queue},
        },
        ConditionExpression="version = :version",
        ExpressionAttributeValues={":version": {"N": str(version)}},
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    logger.info("lead scored", lead_id=lead, version=version + 1, points=points, queue=queue)
    return {"v": 1, "type": "lead.scored", "lead_id": lead, "version": version + 1}


def handler(event, context):
    with processor(records=event["Records"], handler=advance):
        done = processor.process()
    messages = [result for status, result, _ in done if status == "success"]
    entries = [{"Id": str(at), "MessageBody": json.dumps(message)} for at, message in enumerate(messages)]
    if entries:
        sent = sqs.send_message_batch(QueueUrl=NEXT_QUEUE, Entries=entries)
        if sent.get("Failed"):
            raise RuntimeError("messages were not taken")
    return processor.response()

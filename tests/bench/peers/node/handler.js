// The stage `score`, as a competent team would write it for Node: a batch of SQS messages, each answered for itself, the
// same AWS calls as ours. Of the decision only a part: the phone number, runs of its digits, a sum of points, the region.

import { BatchGetItemCommand, DynamoDBClient, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import parsePhoneNumber from "libphonenumber-js/max";

const TABLE = process.env.TABLE_NAME;
const NEXT_QUEUE = `${process.env.QUEUE_URL_PREFIX}route-queue`;
const POINTS = { immediate: 40, three_months: 25, six_months: 10 };
const INTERACTIONS = { demo_request: 30, quote_request: 30, page_view: 5 };
const PROVINCES = { Zhejiang: "sales-cn-east", 浙江: "sales-cn-east", 江苏: "sales-cn-east", 广东: "sales-cn-south" };
const COUNTRIES = { CN: "sales-cn-north", 中国: "sales-cn-north", DE: "sales-europe", US: "sales-americas" };
const LONGEST_RUN = 6;

const dynamodb = new DynamoDBClient({});
const sqs = new SQSClient({});

// The text at a path of attributes, as DynamoDB writes them.
const text = (item, ...path) => {
  const last = path.pop();
  for (const name of path) item = item[name]?.M ?? {};
  return item[last]?.S;
};

// Whether so many digits in a row are equal or count up or down.
const hasRun = (digits) => {
  let [run, last] = [1, null];
  for (let at = 1; at < digits.length; at += 1) {
    const step = digits[at] - digits[at - 1];
    run = step === last ? run + 1 : 2;
    last = step;
    if (run >= LONGEST_RUN && Math.abs(step) <= 1) return true;
  }
  return false;
};

const decide = (submission) => {
  const country = text(submission, "company", "country") ?? "CN";
  const phone = text(submission, "contact", "phone");
  let doubtful = false;
  if (phone) {
    const number = parsePhoneNumber(phone, country.length === 2 ? country : "CN");
    doubtful = !number?.isValid() || hasRun(number.nationalNumber);
  }
  let points = POINTS[text(submission, "interest", "horizon")] ?? 0;
  for (const interaction of submission.tags?.M.interaction?.L ?? []) {
    points += INTERACTIONS[text(interaction.M, "kind")] ?? 0;
  }
  const queue = PROVINCES[text(submission, "company", "province")] ?? COUNTRIES[country] ?? "sales-desk";
  return { points, doubtful, queue };
};

const advance = async (record) => {
  const lead = JSON.parse(record.body).lead_id;
  const { Items: rows } = await dynamodb.send(
    new QueryCommand({
      TableName: TABLE,
      ConsistentRead: true,
      KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
      ExpressionAttributeValues: { ":pk": { S: lead }, ":from": { S: "state" }, ":to": { S: "tags" } },
    }),
  );
  const state = rows.find((row) => row.sk.S === "state");
  const submission = rows.find((row) => row.sk.S === "submission").submission.M;
  const names = [text(submission, "company", "domain"), text(submission, "company", "name")].filter(Boolean);
  if (names.length > 0) {
    const Keys = names.map((name) => ({ pk: { S: `account#${name}` }, sk: { S: "-" } }));
    await dynamodb.send(new BatchGetItemCommand({ RequestItems: { [TABLE]: { Keys, ConsistentRead: true } } }));
  }
  const { points, doubtful, queue } = decide(submission);
  const version = Number(state.version.N);
  await dynamodb.send(
    new PutItemCommand({
      TableName: TABLE,
      Item: {
        ...state,
        stage: { S: "scored" },
        version: { N: String(version + 1) },
        points: { N: String(points) },
        doubtful: { BOOL: doubtful },
        queue: { S: queue },
      },
      ConditionExpression: "version = :version",
      ExpressionAttributeValues: { ":version": { N: String(version) } },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    }),
  );
  console.log(JSON.stringify({ level: "INFO", message: "lead scored", lead_id: lead, version: version + 1, points, queue }));
  return { v: 1, type: "lead.scored", lead_id: lead, version: version + 1 };
};

export const handler = async (event) => {
  const done = await Promise.allSettled(event.Records.map(advance));
  const failed = event.Records.filter((_, at) => done[at].status === "rejected");
  const messages = done.filter((result) => result.status === "fulfilled").map((result) => result.value);
  const Entries = messages.map((message, at) => ({ Id: String(at), MessageBody: JSON.stringify(message) }));
  if (Entries.length > 0) {
    const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl: NEXT_QUEUE, Entries }));
    if (sent.Failed?.length) throw new Error("messages were not taken");
  }
  return { batchItemFailures: failed.map((record) => ({ itemIdentifier: record.messageId })) };
};

// Verifies deliveries with the Standard Webhooks library: each line of standard input is
// {"secret", "headers", "body"} (body in base64), each line of the answer the event's id, or why it was refused.
const { Webhook } = require("standardwebhooks");

const lines = require("node:fs").readFileSync(0, "utf8").trim().split("\n");
for (const { secret, headers, body } of lines.map((line) => JSON.parse(line))) {
  try {
    const event = new Webhook(secret).verify(Buffer.from(body, "base64").toString("utf8"), headers);
    console.log(`verified ${event.id}`);
  } catch (error) {
    console.log(`refused ${error.message}`);
  }
}

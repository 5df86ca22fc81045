// Verify a webhook: verify(secret, headers, body), with the raw bytes of the body and headers in small letters.
import { createHmac, timingSafeEqual } from "node:crypto";

export function verify(secret, headers, body, toleranceSeconds = 300) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const stamp = headers["webhook-timestamp"];
  const hmac = createHmac("sha256", key).update(`${headers["webhook-id"]}.${stamp}.`).update(body);
  const expected = Buffer.from(`v1,${hmac.digest("base64")}`);
  const fresh = Math.abs(Date.now() / 1000 - Number(stamp)) <= toleranceSeconds;
  const given = headers["webhook-signature"].split(" ").map((each) => Buffer.from(each));
  return fresh && given.some((each) => each.length === expected.length && timingSafeEqual(each, expected));
}

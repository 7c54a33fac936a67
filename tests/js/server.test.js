// What the bridge makes of the answers of its server, over a real connection.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import {
  NoAnswer, requestExplanation, requestJson, requestSignature, sendOutcome,
} from "../../static/bridge_server.js";

const PAGE = "<h1>502 Bad Gateway</h1>";
const answers = {
  "/whole": (response) => response.end(JSON.stringify({ url: "u", config: {} })),
  "/begun": (response) => response.write("{"),
  "/cut": (response) => { response.write("{"); response.socket.end(); },
  "/portal": (response) => response.end(PAGE),
  "/done": (response) => { response.statusCode = 204; response.end(); },
  "/null": (response) => response.end("null"),
  "/proxy": (response) => { response.statusCode = 502; response.end(PAGE); },
  "/away": (response) => { response.statusCode = 503; response.end("{}"); },
  "/refused": (response) => {
    response.statusCode = 503;
    response.end(JSON.stringify({ error: { code: "ticket_unavailable", message: "m" } }));
  },
  "/forbidden": (response) => { response.statusCode = 403; response.end(PAGE); },
};
const server = createServer(async (request, response) => {
  const body = (await request.toArray()).join("");
  answers[request.url.split("?")[0]](response, body);
});
let origin = "";

before(() => new Promise((resolve) => {
  server.listen(0, "127.0.0.1", () => {
    origin = `http://127.0.0.1:${server.address().port}`;
    resolve();
  });
}));
after(() => { server.closeAllConnections(); server.close(); });

test("a signature is taken as it came", async () => {
  assert.deepEqual(await requestSignature(`${origin}/whole`, "u", 60000), { url: "u", config: {} });
});

test("an answer without content is one", async () => {
  assert.deepEqual(await requestJson(`${origin}/done`, {}, 60000), { ok: true, status: 204, body: {} });
});

for (const path of ["/cut", "/portal", "/null", "/proxy", "/away"]) {
  test(`${path} is no answer of the app`, async () => {
    await assert.rejects(requestSignature(`${origin}${path}`, "u", 60000), NoAnswer);
  });
}

test("an answer that begins and does not go on is none once its time is over", async () => {
  await assert.rejects(requestSignature(`${origin}/begun`, "u", 300), NoAnswer);
  await assert.rejects(requestExplanation(`${origin}/begun`, { code: "3" }, "zh", 300), NoAnswer);
});

test("what the app refuses has its own words, or the status", async () => {
  const refusal = (path) => requestSignature(`${origin}${path}`, "u", 60000)
    .then(() => null, (error) => error.refusal);
  assert.deepEqual(await refusal("/refused"), { code: "ticket_unavailable", message: "m" });
  assert.deepEqual(await refusal("/forbidden"), { code: "403", message: "" });
});

test("a report is whole up to the longest URL, and bounded", async () => {
  const url = "u".repeat(8192);
  const text = "t".repeat(500);
  const arrived = new Promise((resolve) => { answers["/outcome"] = (response, body) => {
    response.end();
    resolve(JSON.parse(body));
  }; });
  sendOutcome(`${origin}/outcome`, { page_url: url, signed_url: `${url}!`, message: `${text}!` });
  assert.deepEqual(await arrived, { page_url: url, signed_url: url, message: text });
});

test("words are taken from nothing but a whole answer", async () => {
  for (const path of ["/portal", "/refused", "/forbidden", "/proxy"]) {
    await assert.rejects(requestExplanation(`${origin}${path}`, { code: "3" }, "zh", 60000), NoAnswer);
  }
});

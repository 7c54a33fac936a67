import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, isCancel, normalise } from "../../static/bridge_errors.js";

const REFUSAL = "权限校验失败 Code:52013 - Message: 签名校验失败,nonce:[abcdefg],timestamp:[1525254205],"
  + "url:[http://192.168.31.134:8080/],ticketList:[aC7X-not-for-pages,other]";

const shapes = {
  "a numeric code and message": { errorCode: 3, message: REFUSAL },
  "a string code and errorMessage": { errorCode: "3", errorMessage: REFUSAL },
};
for (const [shape, reason] of Object.entries(shapes)) {
  test(`${shape} become the same problem`, () => {
    const { code, subcode, seen } = normalise(reason);
    assert.equal(code, "3");
    assert.equal(subcode, "52013");
    assert.deepEqual(seen, {
      url: "http://192.168.31.134:8080/", nonce: "abcdefg", timestamp: "1525254205",
    });
  });
}

test("errorMessage is read where both texts are there, message where it is empty", () => {
  assert.equal(normalise({ errorCode: 7, errorMessage: "one", message: "two" }).text, "one");
  assert.equal(normalise({ errorCode: 7, errorMessage: "", message: "two" }).text, "two");
});

test("a ticket in the platform's text goes no further", () => {
  assert.doesNotMatch(normalise({ errorCode: 3, message: REFUSAL }).text, /aC7X|other/);
  assert.doesNotMatch(normalise({ errorCode: 3, message: "x,ticketList:[aC7X, cut" }).text, /aC7X/);
});

for (const code of [4040, 4050, 5010, 5020]) {
  test(`the SDK's own Error ${code} has its code in its text`, () => {
    const error = new Error(`[DINGTALK-JSAPI] ERROR ${code}: Do not support`);
    assert.equal(normalise(error).code, String(code));
  });
}

test("the SDK's object with the number 4050 is the same as the string", () => {
  assert.equal(normalise({ errorCode: 4050, errorMessage: "x" }).code, "4050");
});

for (let subcode = 52010; subcode <= 52026; subcode += 1) {
  test(`sub-code ${subcode} is found in the text`, () => {
    assert.equal(normalise({ errorCode: 3, message: `Code:${subcode} - Message` }).subcode, String(subcode));
    assert.equal(normalise({ errorCode: "3", errorMessage: `错误码:${subcode}` }).subcode, String(subcode));
  });
}

test("a number in the page's own values is no sub-code", () => {
  const text = "失败,nonce:[52011],timestamp:[52012],url:[http://h/?a=52013],ticketList:[t]";
  assert.equal(normalise({ errorCode: 3, message: text }).subcode, "");
  assert.equal(normalise({ errorCode: 3, message: "152013 5201 520133 52027" }).subcode, "");
});

test("a URL with brackets is read to its end", () => {
  const url = "http://[::1]:8080/a?b=[c],d:[e]";
  for (const text of [`nonce:[n],url:[${url}],ticketList:[t]`, `nonce:[n],timestamp:[1],url:[${url}]`]) {
    assert.equal(normalise({ errorCode: 3, message: text }).seen.url, url);
  }
});

for (const reason of [undefined, null, "", 0, "words", 7, true, {}, [], { errorCode: {} }, () => {}]) {
  test(`${typeof reason} ${JSON.stringify(reason)} is taken as it is, without a throw`, () => {
    const problem = normalise(reason);
    for (const key of ["code", "subcode", "text"]) assert.equal(typeof problem[key], "string");
  });
}

test("minus one is a cancel, as a number and as a string", () => {
  assert.ok(isCancel(normalise({ errorCode: "-1" })));
  assert.ok(isCancel(normalise({ errorCode: -1, message: "cancel" })));
  assert.ok(!isCancel(normalise({ errorCode: 1 })));
});

test("a BridgeError in a log line names code, sentence and remedy", () => {
  const error = new BridgeError({ code: "undeclared_api", message: "Not ready.", remedy: "Add x." });
  assert.ok(error instanceof Error);
  assert.match(String(error), /undeclared_api.*Not ready\..*Add x\./);
  assert.equal(error.subcode, "");
});

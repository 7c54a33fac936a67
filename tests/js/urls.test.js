import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { markDifferences } from "../../static/bridge_notice.js";
import {
  cutAtDifference, firstDifference, localAddress, packAddress, pageUrl,
} from "../../static/bridge_urls.js";

afterEach(() => { delete globalThis.window; });

const pages = [
  ["https://h/a?b=1#/route", "https://h/a?b=1"],
  ["https://h/a?", "https://h/a?"],
  ["https://h/a?#", "https://h/a?"],
  ["https://h/%23?q=%23#x#y", "https://h/%23?q=%23"],
];
for (const [href, url] of pages) {
  test(`the page's URL of ${href} is ${url}`, () => {
    globalThis.window = { location: { href } };
    assert.equal(pageUrl(), url);
  });
}

const addresses = [
  ["/", "/"],
  ["/a-b_c.d~e/9", "/a-b_c.d~e/9"],
  ["/scan?", "~L3NjYW4_"],
  ["/?>>>", "~Lz8-Pj4"],
  ["/?a=%e4+b#c", "~Lz9hPSVlNCtiI2M"],
  ["/#中 x", "~LyMlRTQlQjglQUQlMjB4"],
];
for (const [address, packed] of addresses) {
  test(`${address} is the parameter ${packed}`, () => {
    assert.equal(packAddress(address), packed);
  });
}

test("the local address keeps what the browser shows", () => {
  const origin = "https://h:8443";
  for (const address of ["/", "/scan?", "/a?#", "/a?b=1#c?d"]) {
    globalThis.window = { location: { href: origin + address, origin } };
    assert.equal(localAddress(), address);
  }
});

const pairs = [
  ["https://h/", "https://h/", -1],
  ["http://h:80/", "http://h/", 8],
  ["http://h/", "https://h/", 4],
  ["http://h/?a=1", "http://h/?a=1&b=2", 13],
  ["", "x", 0],
  // 😀 and 😁 share their first unit; the place is the character, not its middle.
  ["/😀", "/😁", 1],
];
for (const [one, other, at] of pairs) {
  test(`${one} and ${other} first differ at ${at}`, () => {
    assert.equal(firstDifference(one, other), at);
    assert.equal(firstDifference(other, one), at);
  });
}

test("a text is cut into what is the same, the character, and the rest", () => {
  assert.deepEqual(cutAtDifference("http://h:80/", "http://h/"), ["http://h", ":", "80/"]);
  assert.deepEqual(cutAtDifference("/😀!", "/😁!"), ["/", "😀", "!"]);
  assert.deepEqual(cutAtDifference("/a", "/ab"), ["/a", "", ""]);
  assert.deepEqual(cutAtDifference("/a", "/a"), ["/a", "", ""]);
});

test("each URL is marked where it leaves another, and none where all agree", () => {
  assert.deepEqual(
    markDifferences([["signed_url", "http://h/"], ["platform_url", ""], ["page_url", "http://h:80/"]]),
    [["signed_url", ["http://h", "/", "", true]], ["page_url", ["http://h", ":", "80/", true]]],
  );
  assert.deepEqual(
    markDifferences([["signed_url", "http://h/"], ["page_url", "http://h/"]]),
    [["signed_url", ["http://h/", "", "", false]], ["page_url", ["http://h/", "", "", false]]],
  );
});

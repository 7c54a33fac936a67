// The URL that is signed is the browser's without its fragment, compared as text, never parsed.

/** `location.href` without `#…`: what the client hands to the platform. */
export function pageUrl() {
  return window.location.href.split("#")[0];
}

/** Path, query and fragment as the browser writes them: `location.search` of `/scan?` is empty. */
export function localAddress() {
  return window.location.href.slice(window.location.origin.length);
}

/**
 * A local address as the value of a parameter, as `pack_target` writes it (dingbridge/redirects.py):
 * without `%` and `+`, so that every rule signs the URL that it stands in alike.
 */
export function packAddress(address) {
  if (/^\/[A-Za-z0-9._~/-]*$/.test(address)) return address;
  const ascii = address.replace(/[^!-~]+/g, encodeURIComponent); // old engines leave a fragment raw
  return `~${btoa(ascii).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}`;
}

/** Where two texts first differ, or -1. The place is never inside a character of two units. */
export function firstDifference(one, other) {
  if (one === other) return -1;
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const before = one.charCodeAt(at - 1);
  return before >= 0xd800 && before <= 0xdbff ? at - 1 : at;
}

/** A text cut at the first character in which it differs from another: [same, character, rest]. */
export function cutAtDifference(text, other) {
  const at = firstDifference(text, other);
  if (at < 0) return [text, "", ""];
  const character = Array.from(text.slice(at, at + 2))[0] || "";
  return [text.slice(0, at), character, text.slice(at + character.length)];
}

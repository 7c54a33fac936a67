// The sandbox's server, as this page talks to it.

import { word } from "./words.js";

const isJson = (response) => (response.headers.get("Content-Type") || "").startsWith("application/json");

/** The JSON that the sandbox answers to `body`, sent as JSON, or to the bytes of `file`; rejects with an Error whose
    message is a sentence to show. */
export const ask = async (path, { method = "GET", body, file } = {}) => {
  const response = await fetch(`/__sandbox__/${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? file : JSON.stringify(body),
  }).catch((fault) => Promise.reject(Object.assign(new Error(word("sandbox_silent")), { cause: fault })));
  const answer = isJson(response) ? await response.json() : null;
  if (!response.ok) {
    throw new Error((answer && (answer.message || answer.error)) || `HTTP ${response.status}`);
  }
  return answer;
};

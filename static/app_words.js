// The words of this page, which the template puts there with {{ script_words("…") }}.
const block = document.getElementById("words");
const words = block ? JSON.parse(block.textContent) : {};

/** A sentence with its {placeholders} filled. */
export function say(key, values = {}) {
  return (words[key] || key).replace(/\{([a-z_]+)\}/g, (_, name) => String(values[name]));
}

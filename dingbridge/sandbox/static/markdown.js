// The Markdown that messages may use, as elements: whatever is not of it stays text.

import { make } from "./dialogs.js";

const INLINE = /!\[([^\]]*)\]\((https?:[^)\s]+)\)|\[([^\]]+)\]\(([^)\s]+)\)|\*\*([^*]+)\*\*|`([^`]+)`|\*([^*]+)\*/;

/** The elements of one line; `openLink(address)` is called when a link in it is followed. */
const inline = (text, openLink) => {
  const parts = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    const [whole, alt, picture, label, address, bold, mono, slanted] = found;
    parts.push(rest.slice(0, found.index));
    if (picture) {
      parts.push(make("img", "", { src: picture, alt }));
    } else if (label) {
      const button = make("button", label, { type: "button", className: "link" });
      button.addEventListener("click", () => openLink(address));
      parts.push(button);
    } else {
      parts.push(make(bold ? "strong" : mono ? "code" : "em", bold || mono || slanted));
    }
    rest = rest.slice(found.index + whole.length);
  }
  return parts.concat(rest);
};

const BLOCKS = [
  [/^#{1,6}\s+(.*)$/, "h4"],
  [/^>\s?(.*)$/, "blockquote"],
  [/^(?:[-*]|\d+\.)\s+(.*)$/, "li"],
];

const blockOf = (line) => {
  const known = BLOCKS.find(([pattern]) => pattern.test(line));
  return known ? [known[1], known[0].exec(line)[1]] : ["p", line];
};

/** `text` as a fragment. */
export const markdown = (text, openLink) => {
  const fragment = document.createDocumentFragment();
  text.split("\n").filter((line) => line.trim() !== "").forEach((line) => {
    const [tag, content] = blockOf(line.trim());
    const element = make(tag, "", {}, ...inline(content, openLink));
    if (tag !== "li") {
      fragment.append(element);
    } else if (fragment.lastChild && fragment.lastChild.tagName === "UL") {
      fragment.lastChild.append(element);
    } else {
      fragment.append(make("ul", "", {}, element));
    }
  });
  return fragment;
};

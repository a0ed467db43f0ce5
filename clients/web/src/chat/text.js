// What somebody wrote, in parts to be shown: text, links, mentions, code. Pure; everything stays text.

const BLOCK = /```(?:[\w+-]{0,20}\n)?([\s\S]+?)```/g;
const INLINE = /`([^`\n]+)`|(https?:\/\/[^\s<>"'`]+)/g;
const TAIL = /[.,;:!?)\]}'"»”]+$/; // what follows an address in a sentence

// [{kind: "text" | "link" | "mention" | "code" | "block", text, href?, user?}]; `names`: [[name, user]] of those mentioned.
export function partsOf(text, names = []) {
  const parts = [];
  each(text, BLOCK, (plain) => inline(plain, names, parts), ([, code]) => parts.push({ kind: "block", text: code.replace(/\n$/, "") }));
  return parts;
}

function inline(text, names, parts) {
  each(text, INLINE, (plain) => mentions(plain, names, parts), ([all, code, address]) => {
    if (code !== undefined) return void parts.push({ kind: "code", text: code });
    const tail = balanced(address).length < address.length ? address.slice(balanced(address).length) : "";
    const href = address.slice(0, address.length - tail.length);
    if (isAddress(href)) parts.push({ kind: "link", text: href, href });
    else parts.push({ kind: "text", text: all.slice(0, all.length - tail.length) });
    if (tail) mentions(tail, names, parts);
  });
}

function mentions(text, names, parts) {
  let rest = text;
  while (rest) {
    const [at, name, user] = first(rest, names);
    if (at < 0) break;
    if (at > 0) parts.push({ kind: "text", text: rest.slice(0, at) });
    parts.push({ kind: "mention", text: `@${name}`, user });
    rest = rest.slice(at + name.length + 1);
  }
  if (rest) parts.push({ kind: "text", text: rest });
}

function first(text, names) {
  let found = [-1];
  for (const [name, user] of names) {
    const at = text.indexOf(`@${name}`);
    if (at >= 0 && (found[0] < 0 || at < found[0] || (at === found[0] && name.length > found[1].length))) found = [at, name, user];
  }
  return found;
}

function each(text, pattern, between, found) {
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) between(text.slice(end, match.index));
    found(match);
    end = match.index + match[0].length;
  }
  if (end < text.length) between(text.slice(end));
}

// An address without what only follows it; a closing bracket stays if its opening one is inside.
function balanced(address) {
  let end = address.length;
  while (end > 0 && TAIL.test(address[end - 1])) {
    if (address[end - 1] === ")" && address.slice(0, end).split("(").length >= address.slice(0, end).split(")").length) break;
    end--;
  }
  return address.slice(0, end);
}

function isAddress(text) {
  try {
    return /^https?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}

const EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\s)+$/u;

// Up to three emojis and nothing else are shown large.
export function isOnlyEmoji(text) {
  const short = text.trim();
  return short.length > 0 && short.length < 30 && EMOJI.test(short) && /\p{Extended_Pictographic}/u.test(short) && [...new Intl.Segmenter().segment(short.replace(/\s/g, ""))].length <= 3;
}

// A found snippet: every second piece is a hit, as the server marks it.
export const snippetParts = (snippet) => snippet.split(/\u0002([\s\S]*?)\u0003/);
